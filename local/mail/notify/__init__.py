"""The API of GOV.UK Notify, beside that of Azure and on the same inbox, as its public source has it."""
