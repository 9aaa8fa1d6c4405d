"""What we remember: the nouns with their values, tables and named queries, the engine and the migrations.

Does not import the floors above (`tracker`, `jobs`) and does not know where the values come from.
"""
