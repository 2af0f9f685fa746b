"""What a person's machine asks of Azure: the names that azd knows, the vaults, and the apps' references to them."""
