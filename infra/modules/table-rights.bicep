// Gives one identity or group one role at each of these tables, and at no other.

param accountName string
param tables array
param roleDefinitionId string
param principalId string

@allowed(['ServicePrincipal', 'Group'])
param principalType string = 'ServicePrincipal'

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: accountName
}

resource tableService 'Microsoft.Storage/storageAccounts/tableServices@2025-01-01' existing = {
  parent: account
  name: 'default'
}

resource table 'Microsoft.Storage/storageAccounts/tableServices/tables@2025-01-01' existing = [for each in tables: {
  parent: tableService
  name: each
}]

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for index in range(0, length(tables)): {
  scope: table[index]
  name: guid(account.id, tables[index], principalId, roleDefinitionId)
  properties: {
    roleDefinitionId: roleDefinitionId
    principalId: principalId
    principalType: principalType
  }
}]
