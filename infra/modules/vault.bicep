// A key vault whose secrets these apps may read, and whose key the worker may unwrap with. It has no secrets in it when it is made: `python3
// dev.py secrets` puts in those that are missing, and a later deployment leaves all of them as they are.

param name string
param location string
param tags object
param workspaceId string

@description('Principals of the apps that read secrets of this vault.')
param secretReaders array

@description('The group whose members store secrets; they can read none.')
param operatorsGroupId string
param secretSetterRoleId string

@description('Name of an RSA key to make in this vault; empty: none.')
param keyName string = ''

@description('The app that unwraps with that key; empty: none does.')
param keyUnwrapperPrincipalId string = ''
param keyUnwrapperRoleId string = ''

@description('A subnet from which alone the vault is reached, with service endpoints for Key Vault; empty: every network.')
param subnetId string

@description('With a subnet: public address ranges that reach the vault too, for deployments.')
param allowedIpRanges array

var secretsUser = '4633458b-17de-408a-b874-0445c86b69e6'

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enablePurgeProtection: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enabledForDeployment: false
    enabledForDiskEncryption: false
    enabledForTemplateDeployment: false
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

// A deployment makes the first version and no other. It has no end: what was sealed with it must open for as long as it is kept.
resource key 'Microsoft.KeyVault/vaults/keys@2024-11-01' = if (!empty(keyName)) {
  parent: vault
  name: empty(keyName) ? 'none' : keyName
  properties: {
    kty: 'RSA'
    keySize: 3072
    keyOps: ['wrapKey', 'unwrapKey']
    attributes: {
      enabled: true
      exportable: false
    }
    rotationPolicy: {
      lifetimeActions: [
        {
          trigger: {
            timeAfterCreate: 'P1Y'
          }
          action: {
            type: 'rotate'
          }
        }
      ]
    }
  }
}

resource reader 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for principalId in secretReaders: {
  scope: vault
  name: guid(vault.id, principalId, secretsUser)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', secretsUser)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}]

resource unwrapper 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(keyName) && !empty(keyUnwrapperPrincipalId)) {
  scope: key
  name: guid(vault.id, keyName, keyUnwrapperPrincipalId, keyUnwrapperRoleId)
  properties: {
    roleDefinitionId: keyUnwrapperRoleId
    principalId: keyUnwrapperPrincipalId
    principalType: 'ServicePrincipal'
  }
}

resource setter 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: vault
  name: guid(vault.id, operatorsGroupId, secretSetterRoleId)
  properties: {
    roleDefinitionId: secretSetterRoleId
    principalId: operatorsGroupId
    principalType: 'Group'
  }
}

resource lock 'Microsoft.Authorization/locks@2020-05-01' = {
  scope: vault
  name: 'do-not-delete'
  properties: {
    level: 'CanNotDelete'
    notes: 'Without its keys no booking is found again and no referral opens. Remove this lock only to end the service.'
  }
}

// Each use of the key and each reading of a secret, with who it was.
resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: vault
  name: 'audit'
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        categoryGroup: 'audit'
        enabled: true
      }
    ]
  }
}

output name string = vault.name
output uri string = vault.properties.vaultUri
