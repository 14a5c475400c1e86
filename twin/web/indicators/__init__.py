"""The Indicators page in the browser: cards of all 35, the drawer of one, the form that enters a value."""
