// A storage account for the service's data: tables and queues, reached with Microsoft Entra identities only.

param name string
param location string
param tags object
param tables array
param queues array

@description('A subnet from which alone the account is reached, with service endpoints for storage; empty: every network.')
param subnetId string

@description('With a subnet: public address ranges that reach the account too, for people in the portal.')
param allowedIpRanges array

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: 'Standard_ZRS'
  }
  properties: {
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    isLocalUserEnabled: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: empty(subnetId) ? 'Allow' : 'Deny'
      virtualNetworkRules: [for subnet in (empty(subnetId) ? [] : [subnetId]): {
        id: subnet
      }]
      ipRules: [for range in allowedIpRanges: {
        value: range
      }]
    }
  }
}

resource tableService 'Microsoft.Storage/storageAccounts/tableServices@2025-01-01' = {
  parent: account
  name: 'default'
}

resource table 'Microsoft.Storage/storageAccounts/tableServices/tables@2025-01-01' = [for each in tables: {
  parent: tableService
  name: each
}]

resource queueService 'Microsoft.Storage/storageAccounts/queueServices@2025-01-01' = {
  parent: account
  name: 'default'
}

resource queue 'Microsoft.Storage/storageAccounts/queueServices/queues@2025-01-01' = [for each in queues: {
  parent: queueService
  name: each
}]

// Tables have no soft delete: an account that is gone is gone.
resource lock 'Microsoft.Authorization/locks@2020-05-01' = {
  scope: account
  name: 'do-not-delete'
  properties: {
    level: 'CanNotDelete'
    notes: 'Bookings or referrals: nothing brings them back. Remove this lock only to end the service.'
  }
}

output name string = account.name
