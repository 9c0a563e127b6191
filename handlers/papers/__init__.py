"""PAPERS: documents and pictures from data. Bytes out; no database, no network, no clock."""
