// One of the two apps, on Flex Consumption with Python 3.13, with its settings.

param name string
param location string
param tags object

@allowed(['web', 'worker'])
param role string
param identityId string
param identityClientId string
param hostBlobEndpoint string
param deploymentContainerUrl string
param insightsConnectionString string

@description('The settings of the service that this app needs, by name.')
param settings object

param maximumInstances int
param zoneRedundant bool

@description('The weakest cipher suite with TLS 1.2; empty: whatever the platform offers.')
param minimumCipherSuite string

@description('A subnet for outgoing connections, delegated to Microsoft.App/environments; empty: none.')
param subnetId string

@description('The group whose members restart the app and ask how it is.')
param operatorsGroupId string
param appOperatorRoleId string

var platformSettings = {
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
  APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnectionString
  AzureWebJobsDisableHomepage: 'true'
  AzureWebJobsStorage__blobServiceUri: hostBlobEndpoint
  AzureWebJobsStorage__clientId: identityClientId
  AzureWebJobsStorage__credential: 'managedidentity'
  FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: '1048576'
  PYTHON_THREADPOOL_THREAD_COUNT: '16'
}

var ownSettings = {
  SERVICE_ROLE: role
  BOOKINGS_STORAGE__clientId: identityClientId
  BOOKINGS_STORAGE__credential: 'managedidentity'
  REFERRALS_STORAGE__clientId: identityClientId
  REFERRALS_STORAGE__credential: 'managedidentity'
}

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: 'plan-${name}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
    zoneRedundant: zoneRedundant
  }
}

resource site 'Microsoft.Web/sites@2024-11-01' = {
  name: name
  location: location
  tags: union(tags, {
    'azd-service-name': role
  })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    clientAffinityEnabled: false
    keyVaultReferenceIdentity: identityId
    publicNetworkAccess: 'Enabled'
    // Only an app that was created with it can ever have a certificate of its own: an nhs.uk host name needs one.
    siteScopedCertificatesEnabled: true
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: deploymentContainerUrl
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: {
        name: 'python'
        version: '3.13'
      }
      scaleAndConcurrency: {
        // CPU comes with memory. The limit holds for each scale group: HTTP together, each queue, the timer.
        instanceMemoryMB: 2048
        maximumInstanceCount: maximumInstances
        triggers: {
          http: {
            perInstanceConcurrency: 16
          }
        }
      }
    }
    siteConfig: {
      // Off: the platform would answer for every address, the referral form's among them, and in place of the app, which opens one (BOOKING_ORIGINS).
      cors: {
        allowedOrigins: []
        supportCredentials: false
      }
      ftpsState: 'Disabled'
      http20Enabled: true
      minTlsVersion: '1.2'
      minTlsCipherSuite: empty(minimumCipherSuite) ? null : minimumCipherSuite
      scmMinTlsVersion: '1.2'
    }
  }
}

resource appSettings 'Microsoft.Web/sites/config@2024-11-01' = {
  parent: site
  name: 'appsettings'
  properties: union(platformSettings, ownSettings, settings)
}

// Deployments come with an Entra identity; no user name and password opens the deployment site.
resource ftpCredentials 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: site
  name: 'ftp'
  properties: {
    allow: false
  }
}

resource scmCredentials 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: site
  name: 'scm'
  properties: {
    allow: false
  }
}

resource operator 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: site
  name: guid(site.id, operatorsGroupId, appOperatorRoleId)
  properties: {
    roleDefinitionId: appOperatorRoleId
    principalId: operatorsGroupId
    principalType: 'Group'
  }
}

output id string = site.id
output name string = site.name
output domainVerificationId string = site.properties.customDomainVerificationId
