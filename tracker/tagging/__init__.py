"""Tagging: match calls against rules that officials write, with evidence.

    rulebook.py        strategies, spearheads, rules, masks            documents.py     what is read of a call
    language.py        parse a rule into a query, or word it           query.py         a query as a tree
    lemmas.py          words and their base forms                      matching.py      queries compiled to tests
    index.py           all rules in one index: `compile_rules`, `tag`  evidence.py      where a rule matched
    explain.py         matched words and near misses for readers       evaluate.py      scores, examples
    rulebook_edits.py  an edit, and what it can change                 preview.py       what an edit would do to calls
    search.py          lemma text for full-text search, and the calls that a rule can reach
    dictionaries.py, voikko.py, messages.py serve lemmas.py and language.py

Pure but for the dictionaries: nothing here stores anything, reads a clock or knows a region.
"""
