// The managed identity of each of the two apps. An app reaches storage, vaults, telemetry and mail with its own.

param location string
param tags object
param webName string
param workerName string

resource web 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: webName
  location: location
  tags: tags
}

resource worker 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: workerName
  location: location
  tags: tags
}

output webId string = web.id
output webClientId string = web.properties.clientId
output webPrincipalId string = web.properties.principalId
output workerId string = worker.id
output workerClientId string = worker.properties.clientId
output workerPrincipalId string = worker.properties.principalId
