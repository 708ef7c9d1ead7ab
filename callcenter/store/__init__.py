"""The database: tables, one query module per noun, migrations."""
