"""The sample newsroom: what it publishes and the rules that fit, as data in this folder."""
