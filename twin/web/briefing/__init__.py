"""Browser files of the Briefing page (汇报): tours, their viewpoints in order, a preview, the report dialog."""
