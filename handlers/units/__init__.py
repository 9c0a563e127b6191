"""The union tree: imported from a sheet, renamed, merged and ended; its posters."""
