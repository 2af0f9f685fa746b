// An nhs.uk host name of one app, in two phases: `bind` makes the name known and asks for a free certificate; `secure` binds the certificate.
// A later deployment stays in `secure`, so the name is never without its certificate.

param siteName string
param hostName string
param location string
param tags object

@allowed(['bind', 'secure'])
param phase string

resource site 'Microsoft.Web/sites@2024-11-01' existing = {
  name: siteName
}

resource bound 'Microsoft.Web/sites/hostNameBindings@2024-11-01' = if (phase == 'bind') {
  parent: site
  name: hostName
  properties: {
    siteName: siteName
    hostNameType: 'Verified'
    customHostNameDnsRecordType: 'CName'
    sslState: 'Disabled'
  }
}

resource certificate 'Microsoft.Web/sites/certificates@2024-11-01' = {
  parent: site
  name: replace(hostName, '.', '-')
  location: location
  tags: tags
  properties: {
    canonicalName: hostName
    hostNames: [hostName]
    domainValidationMethod: 'cname-delegation'
  }
  dependsOn: [bound]
}

resource secured 'Microsoft.Web/sites/hostNameBindings@2024-11-01' = if (phase == 'secure') {
  parent: site
  name: hostName
  properties: {
    siteName: siteName
    hostNameType: 'Verified'
    customHostNameDnsRecordType: 'CName'
    sslState: 'SniEnabled'
    thumbprint: certificate.properties.thumbprint
  }
}
