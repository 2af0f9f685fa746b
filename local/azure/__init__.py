"""Access to an installation in Azure: the names that azd knows, the vaults, and the references of the apps to them."""
