// Everything of one installation: two apps, their data, keys and telemetry, in one resource group. `azd up` deploys it; infra/README.md explains
// it. An installation's choices are the parameters of main.parameters.json, and whichever of the others it adds to that file.

targetScope = 'subscription'

// ---- What main.parameters.json asks for ----

@description('A short name of this installation, such as `prod`: lower-case letters, digits and hyphens. It is part of the names of its resources.')
@minLength(2)
@maxLength(20)
param environmentName string

@description('The email service: `notify` for GOV.UK Notify, `acs` for Azure Communication Services Email, which is closed to new customers and ends on 30 September 2028.')
@allowed(['notify', 'acs'])
param mailService string

@description('The trust\'s and provider\'s wording, from the root of the package: `functions/content/<trust>/en.toml`.')
@minLength(1)
param contentFile string

@description('Email domains of the trust\'s staff, with commas between them.')
@minLength(1)
param bookingDomains string

@description('The address that emails come from; calendar entries name it as the organiser. With `notify` the reply-to address.')
@minLength(3)
param emailSender string

@description('The address that is notified of problems with sessions and bookings, and of adjustments requested; empty: nobody.')
param organiserEmail string

@description('The address that is notified of referrals that need an operator; and of alarms and the budget, unless `alarmEmails` has others.')
@minLength(3)
param operatorsEmail string

@description('The provider\'s one address for referrals; `none` where the content file offers no one-to-one sessions.')
@minLength(3)
param referralRecipient string

@description('`link`: an email holds a link to the answers, which open with a passphrase. `inline`: an email holds the answers; not with `notify`. `sealed`: an email holds a link to a file that only keys of the provider\'s own open.')
@allowed(['link', 'inline', 'sealed'])
param referralDelivery string

@description('Object id of the Entra group whose members keep the sessions and bookings in the portal.')
@minLength(36)
@maxLength(36)
param administratorsGroupId string

@description('Object id of the Entra group whose members look after the service: referrals\' states, queues, logs, and storing secrets. Whoever deploys is a member.')
@minLength(36)
@maxLength(36)
param operatorsGroupId string

@description('The first day of the month of the first deployment, such as `2026-12-01`. Azure refuses to change it later.')
@minLength(10)
@maxLength(10)
param budgetStart string

// ---- What has a default ----

@description('The Azure region.')
param location string = 'uksouth'

@description('The budget of a month, in the currency of the subscription.')
param budgetAmount int = 100

@description('Who is emailed of alarms and of the budget; empty: `operatorsEmail`.')
param alarmEmails array = []

@description('Who is emailed of changes to rights and safeguards, and of keys and secrets that others use: people who cannot make such changes themselves. Empty: those of `alarmEmails`.')
param auditEmails array = []

@description('How long logs are kept, in days.')
@minValue(30)
param logRetentionDays int = 90

@description('The most instances of the web app.')
param webMaximumInstances int = 10

@description('The most instances of the worker for each of its functions and for its pages.')
param workerMaximumInstances int = 1

@description('The weakest cipher suite that both apps accept with TLS 1.2: those with forward secrecy and authenticated encryption are stronger. Empty: whatever the platform offers.')
param minimumCipherSuite string = 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'

@description('Both apps in several zones: Azure then bills two instances that are always ready for each scale group, some 16 in all.')
param zoneRedundant bool = false

@description('Private network: a subnet of the trust\'s, delegated to Microsoft.App/environments and with service endpoints for Microsoft.Storage and Microsoft.KeyVault, from which alone storage and vaults are reached. Empty: they are reached from every network, with an Entra identity.')
param privateSubnetId string = ''

@description('With a private network: public address ranges, in CIDR form, from which administrators, operators and deployments reach storage and vaults all the same.')
param allowedIpRanges array = []

@description('Phase of the two host names below: `none`, then `bind`, then `secure`.')
@allowed(['none', 'bind', 'secure'])
param hostNamePhase string = 'none'

@description('Host name of the site, such as `support.example.nhs.uk`.')
param siteHostName string = ''

@description('Host name of the pages for the provider, such as `collect.example.nhs.uk`.')
param collectHostName string = ''

@description('With `acs`: true once Azure has verified the DNS records of the domain of `emailSender`.')
param emailDomainVerified bool = false

@description('With `notify`: the id of the template with ((subject)) and ((body)), as the website of Notify shows it.')
param notifyTemplateId string = ''

@description('With `notify`: the id of the reply-to address; empty: the service\'s default there.')
param notifyReplyToId string = ''

@description('During a rotation: the version in its vault of the key before, by the name of the setting: `LINK_KEY`, `NOTIFY_CALLBACK_TOKEN`, `PROVIDER_LINK_KEY`, `REFERRAL_MAC_KEY`, `REFERRAL_PASSPHRASE` or `REFERRAL_PUBLIC_KEY`.')
param previousVersions object = {}

@description('True once SMOKE-KEY is in the vault of the worker: made-up referrals of `python3 dev.py smoke` are then told to the operators, not to the provider.')
param smokeTests bool = false

@description('With `inline` or `sealed`: true while links in emails of before still need the passphrase.')
param keepPassphrase bool = false

@description('With `sealed`: true while referrals wait that were sealed with the key in the vault. Else the worker has no right to that key, and does not know where it is.')
param keepReferralKey bool = false

// Settings of the service, with the defaults of the code. docs/settings.md describes each.
@allowed(['none', 'count', 'names'])
param attendance string = 'count'
param bookingsKeptDays int = 90
param bookingOrigins string = ''
param checkWeekdays int = 2
param unprovenSharePercent int = 20
param waitingListFactor int = 3
param closed string = ''
param facilitatorEmail string = ''
@allowed(['none', 'names'])
param facilitatorList string = 'none'
@allowed(['no', 'yes'])
param feedbackEmails string = 'no'
// Empty: what the email service allows by itself.
param mailsPerHour string = ''
param mailsPerMinute string = ''
param referralGraceWeekdays int = 3
param referralMacMigration string = ''
param referralReminderWeekdays int = 3
param referralUncollectedDays int = 90
param referralsPerHour int = 20
param reminders string = 'P1D,PT1H'
param waitingListEndsHours int = 24

// ---- Names ----

var suffix = uniqueString(subscription().subscriptionId, environmentName)
var tags = {
  'azd-env-name': environmentName
}
var webName = 'func-web-${suffix}'
var workerName = 'func-worker-${suffix}'
var bookingsName = 'stbookings${suffix}'
var referralsName = 'streferrals${suffix}'
var webVaultName = 'kv-web-${suffix}'
var workerVaultName = 'kv-worker-${suffix}'
var keyName = 'referrals'
var storageSuffix = environment().suffixes.storage
var vaultSuffix = environment().suffixes.keyvaultDns
var hasAcs = mailService == 'acs'

var siteHost = hostNamePhase == 'secure' && !empty(siteHostName) ? siteHostName : '${webName}.azurewebsites.net'
var collectHost = hostNamePhase == 'secure' && !empty(collectHostName) ? collectHostName : '${workerName}.azurewebsites.net'

// What is sealed to the provider's own keys opens with none of ours.
var workerOpensReferrals = referralDelivery != 'sealed' || keepReferralKey

// Nobody here can see that what only the provider opens is a test: each would go to the provider.
var tellsOfTests = smokeTests && referralDelivery != 'sealed'

var alarmAddresses = empty(alarmEmails) ? [operatorsEmail] : alarmEmails

// ---- Settings of the service ----

// Secrets are references, which the platform resolves with the app's identity: no value is in a setting or in the deployment's history.
var inWebVault = '@Microsoft.KeyVault(VaultName=${webVaultName};SecretName='
var inWorkerVault = '@Microsoft.KeyVault(VaultName=${workerVaultName};SecretName='

var settingsOfBoth = {
  ATTENDANCE: attendance
  BOOKINGS_KEPT_DAYS: string(bookingsKeptDays)
  BOOKINGS_STORAGE__queueServiceUri: 'https://${bookingsName}.queue.${storageSuffix}'
  BOOKINGS_STORAGE__tableServiceUri: 'https://${bookingsName}.table.${storageSuffix}'
  BOOKING_DOMAINS: bookingDomains
  BOOKING_KEY: '${inWebVault}BOOKING-KEY)'
  CHECK_WEEKDAYS: string(checkWeekdays)
  UNPROVEN_SHARE_PERCENT: string(unprovenSharePercent)
  WAITING_LIST_FACTOR: string(waitingListFactor)
  COLLECT_URL: 'https://${collectHost}'
  CONTENT_FILE: contentFile
  EMAIL_SENDER: emailSender
  FACILITATOR_EMAIL: facilitatorEmail
  FACILITATOR_LIST: facilitatorList
  LINK_KEY: '${inWebVault}LINK-KEY)'
  LINK_KEY_PREVIOUS: contains(previousVersions, 'LINK_KEY') ? '${inWebVault}LINK-KEY;SecretVersion=${previousVersions.LINK_KEY})' : ''
  ORGANISER_EMAIL: organiserEmail
  REFERRALS_STORAGE__queueServiceUri: 'https://${referralsName}.queue.${storageSuffix}'
  REFERRALS_STORAGE__tableServiceUri: 'https://${referralsName}.table.${storageSuffix}'
  REFERRAL_DELIVERY: referralDelivery
  REFERRAL_GRACE_WEEKDAYS: string(referralGraceWeekdays)
  REFERRAL_MAC_KEY: '${inWebVault}REFERRAL-MAC-KEY)'
  // The public half of the key: no secret, but it is known only once the key is there.
  REFERRAL_PUBLIC_KEY: '${inWebVault}REFERRAL-PUBLIC-KEY)'
  REFERRAL_PUBLIC_KEY_PREVIOUS: contains(previousVersions, 'REFERRAL_PUBLIC_KEY') ? '${inWebVault}REFERRAL-PUBLIC-KEY;SecretVersion=${previousVersions.REFERRAL_PUBLIC_KEY})' : ''
  REMINDERS: reminders
  SITE_URL: 'https://${siteHost}'
  WAITING_LIST_ENDS_HOURS: string(waitingListEndsHours)
}

var settingsOfWeb = {
  BOOKING_ORIGINS: bookingOrigins
  CLOSED: closed
  REFERRAL_KEY: '${inWebVault}REFERRAL-KEY)'
  // Public keys: no secret. They come from the provider, and there are none with another delivery.
  REFERRAL_PROVIDER_KEYS: referralDelivery == 'sealed' ? '${inWebVault}REFERRAL-PROVIDER-KEYS)' : ''
}

var settingsOfWorker = {
  BOOKINGS_STORAGE__blobServiceUri: 'https://${bookingsName}.blob.${storageSuffix}'
  FEEDBACK_EMAILS: feedbackEmails
  MAILS_PER_HOUR: mailsPerHour
  MAILS_PER_MINUTE: mailsPerMinute
  MAIL_SERVICE: mailService
  OPERATORS_EMAIL: operatorsEmail
  PROVIDER_LINK_KEY: '${inWorkerVault}PROVIDER-LINK-KEY)'
  PROVIDER_LINK_KEY_PREVIOUS: contains(previousVersions, 'PROVIDER_LINK_KEY') ? '${inWorkerVault}PROVIDER-LINK-KEY;SecretVersion=${previousVersions.PROVIDER_LINK_KEY})' : ''
  REFERRALS_STORAGE__blobServiceUri: 'https://${referralsName}.blob.${storageSuffix}'
  REFERRALS_PER_HOUR: string(referralsPerHour)
  REFERRAL_MAC_KEY_PREVIOUS: contains(previousVersions, 'REFERRAL_MAC_KEY') ? '${inWebVault}REFERRAL-MAC-KEY;SecretVersion=${previousVersions.REFERRAL_MAC_KEY})' : ''
  REFERRAL_MAC_MIGRATION: referralMacMigration
  // A reference to a secret that is not there is an unusable setting: only where the passphrase is needed.
  REFERRAL_PASSPHRASE: referralDelivery == 'link' || keepPassphrase ? '${inWorkerVault}REFERRAL-PASSPHRASE)' : ''
  REFERRAL_PASSPHRASE_PREVIOUS: contains(previousVersions, 'REFERRAL_PASSPHRASE') ? '${inWorkerVault}REFERRAL-PASSPHRASE;SecretVersion=${previousVersions.REFERRAL_PASSPHRASE})' : ''
  REFERRAL_RECIPIENT: referralRecipient
  REFERRAL_REMINDER_WEEKDAYS: string(referralReminderWeekdays)
  REFERRAL_UNCOLLECTED_DAYS: string(referralUncollectedDays)
  // As with the passphrase: only where the secret is there.
  SMOKE_KEY: tellsOfTests ? '${inWorkerVault}SMOKE-KEY)' : ''
  REFERRAL_VAULT_KEY: workerOpensReferrals ? 'https://${workerVaultName}${vaultSuffix}/keys/${keyName}' : ''
}

var settingsOfNotify = {
  NOTIFY_API_KEY: '${inWorkerVault}NOTIFY-API-KEY)'
  NOTIFY_CALLBACK_TOKEN: '${inWorkerVault}NOTIFY-CALLBACK-TOKEN)'
  NOTIFY_CALLBACK_TOKEN_PREVIOUS: contains(previousVersions, 'NOTIFY_CALLBACK_TOKEN') ? '${inWorkerVault}NOTIFY-CALLBACK-TOKEN;SecretVersion=${previousVersions.NOTIFY_CALLBACK_TOKEN})' : ''
  NOTIFY_REPLY_TO_ID: notifyReplyToId
  NOTIFY_TEMPLATE_ID: notifyTemplateId
}

var settingsOfAcs = {
  EMAIL_ENDPOINT: hasAcs ? communicationServices.outputs.endpoint : ''
}

// ---- Resources ----

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: 'rg-staff-support-${environmentName}'
  location: location
  tags: tags
}

module identities 'modules/identities.bicep' = {
  scope: group
  name: 'identities'
  params: {
    location: location
    tags: tags
    webName: 'id-web-${suffix}'
    workerName: 'id-worker-${suffix}'
  }
}

module roles 'modules/roles.bicep' = {
  scope: group
  name: 'roles'
  params: {
    suffix: suffix
  }
}

module telemetry 'modules/telemetry.bicep' = {
  scope: group
  name: 'telemetry'
  params: {
    workspaceName: 'log-${suffix}'
    insightsName: 'appi-${suffix}'
    location: location
    tags: tags
    retentionInDays: logRetentionDays
    senders: [identities.outputs.webPrincipalId, identities.outputs.workerPrincipalId]
  }
}

module bookings 'modules/data-account.bicep' = {
  scope: group
  name: 'bookings'
  params: {
    name: bookingsName
    location: location
    tags: tags
    tables: ['Sessions', 'Bookings', 'MailLog', 'MailIndex', 'MailLimits', 'Service', 'Numbers']
    queues: ['emails', 'emails-poison']
    subnetId: privateSubnetId
    allowedIpRanges: allowedIpRanges
  }
}

module referrals 'modules/data-account.bicep' = {
  scope: group
  name: 'referrals'
  params: {
    name: referralsName
    location: location
    tags: tags
    tables: ['Referrals', 'SealedReferrals', 'CollectTries', 'ReferralMail', 'ReferralService']
    queues: ['referrals', 'referrals-poison']
    subnetId: privateSubnetId
    allowedIpRanges: allowedIpRanges
  }
}

// Two vaults, since an app reads all secrets of a vault: what only the worker may know is not in the one that the web app reads.
module webVault 'modules/vault.bicep' = {
  scope: group
  name: 'web-vault'
  params: {
    name: webVaultName
    location: location
    tags: tags
    workspaceId: telemetry.outputs.workspaceId
    secretReaders: [identities.outputs.webPrincipalId, identities.outputs.workerPrincipalId]
    operatorsGroupId: operatorsGroupId
    secretSetterRoleId: roles.outputs.secretSetter
    subnetId: privateSubnetId
    allowedIpRanges: allowedIpRanges
  }
}

module workerVault 'modules/vault.bicep' = {
  scope: group
  name: 'worker-vault'
  params: {
    name: workerVaultName
    location: location
    tags: tags
    workspaceId: telemetry.outputs.workspaceId
    secretReaders: [identities.outputs.workerPrincipalId]
    operatorsGroupId: operatorsGroupId
    secretSetterRoleId: roles.outputs.secretSetter
    keyName: keyName
    keyUnwrapperPrincipalId: workerOpensReferrals ? identities.outputs.workerPrincipalId : ''
    keyUnwrapperRoleId: roles.outputs.keyUnwrapper
    subnetId: privateSubnetId
    allowedIpRanges: allowedIpRanges
  }
}

module rights 'modules/rights.bicep' = {
  scope: group
  name: 'rights'
  params: {
    bookingsAccount: bookings.outputs.name
    referralsAccount: referrals.outputs.name
    web: identities.outputs.webPrincipalId
    worker: identities.outputs.workerPrincipalId
    administrators: administratorsGroupId
    operators: operatorsGroupId
    rowReader: roles.outputs.rowReader
    rowInserter: roles.outputs.rowInserter
    rowWriter: roles.outputs.rowWriter
    rowKeeper: roles.outputs.rowKeeper
    rowDeleter: roles.outputs.rowDeleter
    copyKeeper: roles.outputs.copyKeeper
  }
}

module communicationServices 'modules/communication-services.bicep' = if (hasAcs) {
  scope: group
  name: 'communication-services'
  params: {
    name: 'acs-${suffix}'
    emailServiceName: 'acs-email-${suffix}'
    tags: tags
    emailDomain: last(split(emailSender, '@'))
    domainVerified: emailDomainVerified
    senderUsername: first(split(emailSender, '@'))
    senderPrincipalId: identities.outputs.workerPrincipalId
  }
}

module webHost 'modules/host-account.bicep' = {
  scope: group
  name: 'web-host'
  params: {
    name: 'stweb${suffix}'
    location: location
    tags: tags
    principalId: identities.outputs.webPrincipalId
    subnetId: privateSubnetId
    allowedIpRanges: allowedIpRanges
  }
}

module workerHost 'modules/host-account.bicep' = {
  scope: group
  name: 'worker-host'
  params: {
    name: 'stworker${suffix}'
    location: location
    tags: tags
    principalId: identities.outputs.workerPrincipalId
    subnetId: privateSubnetId
    allowedIpRanges: allowedIpRanges
  }
}

module worker 'modules/function-app.bicep' = {
  scope: group
  name: 'worker'
  params: {
    name: workerName
    location: location
    tags: tags
    role: 'worker'
    identityId: identities.outputs.workerId
    identityClientId: identities.outputs.workerClientId
    hostBlobEndpoint: workerHost.outputs.blobEndpoint
    deploymentContainerUrl: workerHost.outputs.containerUrl
    insightsConnectionString: telemetry.outputs.connectionString
    settings: union(settingsOfBoth, settingsOfWorker, hasAcs ? settingsOfAcs : settingsOfNotify)
    maximumInstances: workerMaximumInstances
    minimumCipherSuite: minimumCipherSuite
    zoneRedundant: zoneRedundant
    subnetId: privateSubnetId
    operatorsGroupId: operatorsGroupId
    appOperatorRoleId: roles.outputs.appOperator
  }
  dependsOn: [rights, webVault, workerVault]
}

module web 'modules/function-app.bicep' = {
  scope: group
  name: 'web'
  params: {
    name: webName
    location: location
    tags: tags
    role: 'web'
    identityId: identities.outputs.webId
    identityClientId: identities.outputs.webClientId
    hostBlobEndpoint: webHost.outputs.blobEndpoint
    deploymentContainerUrl: webHost.outputs.containerUrl
    insightsConnectionString: telemetry.outputs.connectionString
    settings: union(settingsOfBoth, settingsOfWeb)
    maximumInstances: webMaximumInstances
    minimumCipherSuite: minimumCipherSuite
    zoneRedundant: zoneRedundant
    subnetId: privateSubnetId
    operatorsGroupId: operatorsGroupId
    appOperatorRoleId: roles.outputs.appOperator
  }
  // After the worker: during a rotation it must know a new key before rows come that are authenticated with it.
  dependsOn: [rights, webVault, worker]
}

module siteHostNames 'modules/host-name.bicep' = if (hostNamePhase != 'none' && !empty(siteHostName)) {
  scope: group
  name: 'site-host-name'
  params: {
    siteName: web.outputs.name
    hostName: siteHostName
    location: location
    tags: tags
    phase: hostNamePhase == 'secure' ? 'secure' : 'bind'
  }
}

module collectHostNames 'modules/host-name.bicep' = if (hostNamePhase != 'none' && !empty(collectHostName)) {
  scope: group
  name: 'collect-host-name'
  params: {
    siteName: worker.outputs.name
    hostName: collectHostName
    location: location
    tags: tags
    phase: hostNamePhase == 'secure' ? 'secure' : 'bind'
  }
}

module budget 'modules/budget.bicep' = {
  scope: group
  name: 'budget'
  params: {
    name: 'budget-${environmentName}'
    amount: budgetAmount
    startDate: budgetStart
    contactEmails: alarmAddresses
  }
}

module alarms 'modules/alarms.bicep' = {
  scope: group
  name: 'alarms'
  params: {
    suffix: suffix
    location: location
    tags: tags
    workspaceId: telemetry.outputs.workspaceId
    alarmEmails: alarmAddresses
    auditEmails: empty(auditEmails) ? alarmAddresses : auditEmails
    webClientId: identities.outputs.webClientId
    workerClientId: identities.outputs.workerClientId
    smokeTests: tellsOfTests
  }
}

// ---- What azd keeps in its environment, for the hooks and for people: names and addresses, never a secret ----

output AZURE_RESOURCE_GROUP string = group.name
output SITE_URL string = 'https://${siteHost}'
output COLLECT_URL string = 'https://${collectHost}'
output LOG_WORKSPACE string = telemetry.outputs.workspaceCustomerId
output WEB_APP string = web.outputs.name
output WORKER_APP string = worker.outputs.name
output BOOKINGS_ACCOUNT string = bookings.outputs.name
output REFERRALS_ACCOUNT string = referrals.outputs.name
output WEB_VAULT_URL string = webVault.outputs.uri
output WORKER_VAULT_URL string = workerVault.outputs.uri
output COMMUNICATION_SERVICES string = hasAcs ? 'acs-${suffix}' : ''
output EMAIL_DNS_RECORDS object = hasAcs ? communicationServices.outputs.dnsRecords : {}
output HOST_NAME_TARGETS object = {
  '${webName}.azurewebsites.net': web.outputs.domainVerificationId
  '${workerName}.azurewebsites.net': worker.outputs.domainVerificationId
}
