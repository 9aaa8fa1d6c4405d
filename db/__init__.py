"""The database: one module a noun, with its values, tables and named queries; the engine and the migrations.

Imports neither `tracker` nor `jobs`, and knows nothing of where the values come from.
"""
