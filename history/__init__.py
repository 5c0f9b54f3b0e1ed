"""The history: ClickHouse tables and views in SQL, and the embedded server over chdb."""
