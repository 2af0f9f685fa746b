// Azure Communication Services Email on a domain of the trust's, in two phases: first the domain is made and its DNS records are shown; once
// Azure has verified them (`domainVerified`), it is linked and sends. Only for a trust that chose `acs`.

param name string
param emailServiceName string
param tags object
param emailDomain string
param domainVerified bool

@description('Part of the sender address before the @.')
param senderUsername string

@description('Principal of the app that sends.')
param senderPrincipalId string

// Of the built-in roles the narrowest with which mail is sent by an Entra identity.
var communicationOwner = '09976791-48a7-449e-bb21-39d1a415f350'

resource email 'Microsoft.Communication/emailServices@2025-05-01' = {
  name: emailServiceName
  location: 'global'
  tags: tags
  properties: {
    dataLocation: 'UK'
  }
}

resource domain 'Microsoft.Communication/emailServices/domains@2025-05-01' = {
  parent: email
  name: emailDomain
  location: 'global'
  tags: tags
  properties: {
    domainManagement: 'CustomerManaged'
    userEngagementTracking: 'Disabled'
  }
}

resource sender 'Microsoft.Communication/emailServices/domains/senderUsernames@2025-05-01' = if (domainVerified) {
  parent: domain
  name: senderUsername
  properties: {
    username: senderUsername
  }
}

resource communication 'Microsoft.Communication/communicationServices@2025-05-01' = {
  name: name
  location: 'global'
  tags: tags
  properties: {
    dataLocation: 'UK'
    disableLocalAuth: true
    linkedDomains: domainVerified ? [domain.id] : []
  }
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: communication
  name: guid(communication.id, senderPrincipalId, communicationOwner)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', communicationOwner)
    principalId: senderPrincipalId
    principalType: 'ServicePrincipal'
  }
}

output endpoint string = 'https://${communication.properties.hostName}'
output dnsRecords object = domain.properties.verificationRecords
