// Gives one group built-in roles at a whole storage account, for people who work in the portal.

param accountName string
param principalId string

@description('The names (GUIDs) of built-in roles.')
param roles array

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: accountName
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for role in roles: {
  scope: account
  name: guid(account.id, principalId, role)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    principalId: principalId
    principalType: 'Group'
  }
}]
