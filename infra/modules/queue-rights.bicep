// Gives one app the rights to send to these queues, to receive from them, or both.

param accountName string
param principalId string

@description('Queues to which the app adds messages.')
param sends array

@description('Queues whose messages the app reads and deletes.')
param receives array

var messageSender = 'c6a89b2d-59bc-44d0-9896-0f6e12d7b80a'
var messageProcessor = '8a0f0c08-91a1-4084-bc3d-661d67233fed'
// The queue trigger also asks for a queue's length, which the processor's role leaves out.
var queueReader = '19e7f393-937e-4f77-808e-94535e297925'

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: accountName
}

resource queueService 'Microsoft.Storage/storageAccounts/queueServices@2025-01-01' existing = {
  parent: account
  name: 'default'
}

resource sent 'Microsoft.Storage/storageAccounts/queueServices/queues@2025-01-01' existing = [for each in sends: {
  parent: queueService
  name: each
}]

resource received 'Microsoft.Storage/storageAccounts/queueServices/queues@2025-01-01' existing = [for each in receives: {
  parent: queueService
  name: each
}]

resource sender 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for index in range(0, length(sends)): {
  scope: sent[index]
  name: guid(account.id, sends[index], principalId, messageSender)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', messageSender)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}]

resource processor 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for index in range(0, length(receives)): {
  scope: received[index]
  name: guid(account.id, receives[index], principalId, messageProcessor)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', messageProcessor)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}]

resource reader 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for index in range(0, length(receives)): {
  scope: received[index]
  name: guid(account.id, receives[index], principalId, queueReader)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', queueReader)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}]
