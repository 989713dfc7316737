"""The work itself. The four verbs (`fetch`, `parse`, `render`, `publish`) are Prefect tasks; nouns are plain Python."""
