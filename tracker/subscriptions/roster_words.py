"""The words of a roster in Finnish and Swedish: its columns, and what stands in them in few fixed words.

Keys are columns (`tracker.subscriptions.roster.COLUMNS`) and words of enums; blanks, capitals and hyphens do not count.
"""

from collections.abc import Mapping

COLUMN_WORDS: Mapping[str, tuple[str, ...]] = {
    "address": (
        *("email", "email address", "mail", "mailbox"),
        *("sähköposti", "sähköpostiosoite", "osoite", "s-posti", "e-post", "e-postadress", "epostadress", "adress"),
    ),
    "language": ("kieli", "språk"),
    "cadence": ("rytmi", "tiheys", "lähetystiheys", "takt", "frekvens", "intervall"),
    "actor": ("organisation", "organization", "organisaatio", "toimija", "yhteisö", "aktör"),
    "actor_type": (
        *("organisation type", "organisaatiotyyppi", "organisaation tyyppi", "toimijatyyppi", "toimijan tyyppi"),
        *("organisationstyp", "aktörstyp", "typ av organisation"),
    ),
    "municipality": ("kunta", "kommun"),
    "urgent": ("kiireelliset", "kiireiset", "brådskande"),
    "own_region": ("own region", "oma alue", "oman alueen haut", "egen region", "egna regionen"),
    "own_kind": ("own kind", "oma organisaatiotyyppi", "vain omat haut", "egen organisationstyp"),
    "lead_days": ("muistutukset", "muistutuspäivät", "påminnelser", "påminnelsedagar"),
    "spearheads": ("spearhead", "kärki", "kärjet", "spets", "spetsar", "spetsområden"),
    "programmes": ("programme", "ohjelma", "ohjelmat", "program"),
    "sources": ("source", "lähde", "lähteet", "källa", "källor"),
    "kinds": ("kind", "laji", "lajit", "hakulajit", "typer", "utlysningstyper"),
    "audience": ("kohderyhmä", "kohderyhmät", "hakijat", "målgrupp", "målgrupper"),
    "query": ("haku", "hakusanat", "hakulauseke", "sökning", "sökord"),
    "money_min": ("rahoitus vähintään", "raha vähintään", "euroa vähintään", "minst euro", "finansiering minst"),
    "money_max": ("rahoitus enintään", "raha enintään", "euroa enintään", "högst euro", "finansiering högst"),
    "forthcoming": ("tulevat", "myös tulevat", "kommande", "även kommande"),
}
CELL_WORDS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "language": {
        "fi": ("suomi", "finska", "finnish"),
        "sv": ("ruotsi", "svenska", "swedish"),
        "en": ("englanti", "engelska", "english"),
    },
    "cadence": {
        "daily": ("päivittäin", "dagligen"),
        "weekly": ("viikoittain", "viikottain", "veckovis", "varje vecka"),
        "monthly": ("kuukausittain", "månatligen", "månadsvis", "varje månad"),
    },
    "actor_type": {
        "company": ("yritys", "företag"),
        "university": ("korkeakoulu", "yliopisto", "ammattikorkeakoulu", "högskola", "universitet", "yrkeshögskola"),
        "education": ("oppilaitos", "läroanstalt"),
        "municipality": ("kunta", "kaupunki", "kommun", "stad"),
        "development_company": ("kehitysyhtiö", "utvecklingsbolag"),
        "association": ("yhdistys", "järjestö", "förening"),
        "other": ("muu", "annan", "annat"),
    },
    "urgent": {"yes": ("kyllä", "on", "ja"), "no": ("ei", "nej")},
    "own_kind": {"yes": ("kyllä", "on", "ja"), "no": ("ei", "nej")},
    "own_region": {"yes": ("kyllä", "on", "ja"), "no": ("ei", "nej")},
    "forthcoming": {"yes": ("kyllä", "ja"), "no": ("ei", "nej")},
}
