// The Log Analytics workspace. It is deployed twice: its transformation rule names the workspace, so the workspace has to be there first. It
// takes in nothing until the rule stands, or request addresses would be stored uncut meanwhile.

param name string
param location string
param tags object
param retentionInDays int

@description('The rule that transforms what comes in; empty: nothing comes in.')
param transformationId string = ''

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: retentionInDays
    defaultDataCollectionRuleResourceId: empty(transformationId) ? null : transformationId
    publicNetworkAccessForIngestion: empty(transformationId) ? 'Disabled' : 'Enabled'
    publicNetworkAccessForQuery: 'Enabled'
    features: {
      disableLocalAuth: true
      enableLogAccessUsingOnlyResourcePermissions: true
    }
  }
}

output id string = workspace.id
output customerId string = workspace.properties.customerId
