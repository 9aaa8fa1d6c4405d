"""What a call is about: rules that officials write, matched against calls, with evidence.

    language.py    a rule as a query, its faults, its plain words      lemmas.py    words and their base forms
    strategies.py  strategies, spearheads, rules, masks                documents.py what is read of a call
    index.py       all rules in one index: `compile_rules`, `tag`      matching.py  queries as tests over places
    search.py      lemma text for full-text search, and what an edited rule can reach
    explain.py     evidence and near misses in a reader's words        evaluate.py  scores on judged calls, examples

Does not store anything, read a clock or know a region.
"""
