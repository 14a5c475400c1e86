"""Browser files that the pages of analyses share: evidence, jobs, scenarios, tools, tables, figures."""
