// Log Analytics and Application Insights, written with Entra identities only; request addresses are cut before they are stored.

param workspaceName string
param insightsName string
param location string
param tags object
param retentionInDays int

@description('Principals of the apps that send telemetry.')
param senders array

var metricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb'

// Links in emails hold tokens: of an address only the site and the first part of the path is kept, and nothing of its query.
var cutAddresses = 'source | extend Url = extract(@"^[a-z]+://[^/?#]*(/[^/?#]*)?", 0, Url), Name = extract(@"^([A-Z]+ )?/?[^/?#]*", 0, Name), OperationName = extract(@"^([A-Z]+ )?/?[^/?#]*", 0, OperationName)'

// Lines, errors and outgoing requests name the operation that they belong to, which is the address where no function has taken it.
var cutOperations = 'source | extend OperationName = extract(@"^([A-Z]+ )?/?[^/?#]*", 0, OperationName)'

module bootstrap 'workspace.bicep' = {
  name: 'workspace-before-its-rule'
  params: {
    name: workspaceName
    location: location
    tags: tags
    retentionInDays: retentionInDays
  }
}

resource transformation 'Microsoft.Insights/dataCollectionRules@2023-03-11' = {
  name: '${workspaceName}-cut-addresses'
  location: location
  tags: tags
  kind: 'WorkspaceTransforms'
  properties: {
    dataSources: {}
    destinations: {
      logAnalytics: [
        {
          workspaceResourceId: bootstrap.outputs.id
          name: 'workspace'
        }
      ]
    }
    dataFlows: [
      {
        streams: ['Microsoft-Table-AppRequests']
        destinations: ['workspace']
        transformKql: cutAddresses
      }
      {
        streams: ['Microsoft-Table-AppTraces']
        destinations: ['workspace']
        transformKql: cutOperations
      }
      {
        streams: ['Microsoft-Table-AppExceptions']
        destinations: ['workspace']
        transformKql: cutOperations
      }
      {
        streams: ['Microsoft-Table-AppDependencies']
        destinations: ['workspace']
        transformKql: cutOperations
      }
    ]
  }
}

module workspace 'workspace.bicep' = {
  name: 'workspace-with-its-rule'
  params: {
    name: workspaceName
    location: location
    tags: tags
    retentionInDays: retentionInDays
    transformationId: transformation.id
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: insightsName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    DisableIpMasking: false
    DisableLocalAuth: true
    IngestionMode: 'LogAnalytics'
    WorkspaceResourceId: workspace.outputs.id
  }
}

resource publisher 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for principalId in senders: {
  scope: insights
  name: guid(insights.id, principalId, metricsPublisher)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', metricsPublisher)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}]

output workspaceId string = workspace.outputs.id
output workspaceCustomerId string = workspace.outputs.customerId
// It names where telemetry goes and opens nothing: local authentication is off.
output connectionString string = insights.properties.ConnectionString
