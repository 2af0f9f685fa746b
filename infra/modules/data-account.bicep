// A storage account for the service's data: tables, queues, and copies of the tables. Reached with Microsoft Entra identities only.

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

// Copies of the tables. What is deleted or written over stays as a version for as long as a copy is kept, whoever did it.
resource blobService 'Microsoft.Storage/storageAccounts/blobServices@2025-01-01' = {
  parent: account
  name: 'default'
  properties: {
    isVersioningEnabled: true
    containerDeleteRetentionPolicy: {
      enabled: true
      days: 7
    }
  }
}

resource container 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' = {
  parent: blobService
  name: 'backups'
  properties: {
    publicAccess: 'None'
  }
}

// A rule of the account's own: it does not depend on the worker, which may delete copies and no version of one.
resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2025-01-01' = {
  parent: account
  name: 'default'
  properties: {
    policy: {
      rules: [
        {
          name: 'delete-old-backups'
          type: 'Lifecycle'
          enabled: true
          definition: {
            filters: {
              blobTypes: ['blockBlob']
              prefixMatch: ['backups/']
            }
            actions: {
              baseBlob: {
                delete: {
                  daysAfterModificationGreaterThan: 7
                }
              }
              version: {
                delete: {
                  daysAfterCreationGreaterThan: 7
                }
              }
            }
          }
        }
      ]
    }
  }
  dependsOn: [blobService]
}

// Tables have no soft delete: an account that is gone is gone, and its copies with it.
resource lock 'Microsoft.Authorization/locks@2020-05-01' = {
  scope: account
  name: 'do-not-delete'
  properties: {
    level: 'CanNotDelete'
    notes: 'Bookings or referrals: nothing brings them back. Remove this lock only to end the service.'
  }
}

output name string = account.name
