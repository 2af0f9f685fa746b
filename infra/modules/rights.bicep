// Who may do what with the service's tables and queues: each app just what its code does, at the table or queue itself. The unit tests run the
// code over tables that note each operation, and compare.

param bookingsAccount string
param referralsAccount string

@description('Principals: the two apps\' identities, and the two groups of people.')
param web string
param worker string
param administrators string
param operators string

@description('Ids of the roles of roles.bicep.')
param rowReader string
param rowInserter string
param rowWriter string
param rowKeeper string
param rowDeleter string
param copyKeeper string

var reader = 'acdd72a7-3385-48ef-bd42-f606fba81ae7'
var monitoringReader = '43d0d8ad-25c7-4714-9337-8ba259a9fe05'
var logAnalyticsReader = '73c42c96-874c-492b-b04d-ab87d138a893'
var tableDataContributor = '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
var tableDataReader = '76199698-9eea-4c19-bc75-cec21354c6b6'
var queueDataContributor = '974c5e8b-45b9-4653-ba55-5f855dd0fb88'

// ---- The web app ----

module webReadsBookings 'table-rights.bicep' = {
  name: 'web-reads-bookings'
  params: {
    accountName: bookingsAccount
    principalId: web
    roleDefinitionId: rowReader
    tables: ['MailLog', 'Service']
  }
}

module webWritesBookings 'table-rights.bicep' = {
  name: 'web-writes-bookings'
  params: {
    accountName: bookingsAccount
    principalId: web
    roleDefinitionId: rowWriter
    tables: ['Sessions', 'Bookings']
  }
}

module webReadsReferrals 'table-rights.bicep' = {
  name: 'web-reads-referrals'
  params: {
    accountName: referralsAccount
    principalId: web
    roleDefinitionId: rowReader
    tables: ['Referrals', 'ReferralService']
  }
}

module webInsertsReferrals 'table-rights.bicep' = {
  name: 'web-inserts-referrals'
  params: {
    accountName: referralsAccount
    principalId: web
    roleDefinitionId: rowInserter
    tables: ['Referrals', 'SealedReferrals']
  }
}

module webBookingQueues 'queue-rights.bicep' = {
  name: 'web-booking-queues'
  params: {
    accountName: bookingsAccount
    principalId: web
    sends: ['emails']
    receives: []
  }
}

module webReferralQueues 'queue-rights.bicep' = {
  name: 'web-referral-queues'
  params: {
    accountName: referralsAccount
    principalId: web
    sends: ['referrals']
    receives: []
  }
}

// ---- The worker ----

module workerKeepsBookings 'table-rights.bicep' = {
  name: 'worker-keeps-bookings'
  params: {
    accountName: bookingsAccount
    principalId: worker
    roleDefinitionId: rowKeeper
    tables: ['Bookings', 'MailLog', 'MailLimits', 'Service']
  }
}

module workerInsertsBookings 'table-rights.bicep' = {
  name: 'worker-inserts-bookings'
  params: {
    accountName: bookingsAccount
    principalId: worker
    roleDefinitionId: rowInserter
    tables: ['MailIndex']
  }
}

module workerDeletesBookings 'table-rights.bicep' = {
  name: 'worker-deletes-bookings'
  params: {
    accountName: bookingsAccount
    principalId: worker
    roleDefinitionId: rowDeleter
    tables: ['MailIndex']
  }
}

module workerWritesBookings 'table-rights.bicep' = {
  name: 'worker-writes-bookings'
  params: {
    accountName: bookingsAccount
    principalId: worker
    roleDefinitionId: rowWriter
    tables: ['Sessions', 'Numbers']
  }
}

module workerKeepsReferrals 'table-rights.bicep' = {
  name: 'worker-keeps-referrals'
  params: {
    accountName: referralsAccount
    principalId: worker
    roleDefinitionId: rowKeeper
    tables: ['Referrals', 'SealedReferrals', 'CollectTries', 'ReferralMail', 'ReferralService']
  }
}

module workerKeepsBookingCopies 'copy-rights.bicep' = {
  name: 'worker-keeps-booking-copies'
  params: {
    accountName: bookingsAccount
    principalId: worker
    roleDefinitionId: copyKeeper
  }
}

module workerKeepsReferralCopies 'copy-rights.bicep' = {
  name: 'worker-keeps-referral-copies'
  params: {
    accountName: referralsAccount
    principalId: worker
    roleDefinitionId: copyKeeper
  }
}

module workerBookingQueues 'queue-rights.bicep' = {
  name: 'worker-booking-queues'
  params: {
    accountName: bookingsAccount
    principalId: worker
    sends: ['emails', 'emails-poison']
    receives: ['emails', 'emails-poison']
  }
}

module workerReferralQueues 'queue-rights.bicep' = {
  name: 'worker-referral-queues'
  params: {
    accountName: referralsAccount
    principalId: worker
    sends: ['referrals', 'referrals-poison']
    receives: ['referrals', 'referrals-poison']
  }
}

// ---- People ----

// The portal lists tables only for who has rights at the account: hence two accounts, and none of these at the other one.
module administratorsKeepBookings 'account-rights.bicep' = {
  name: 'administrators-keep-bookings'
  params: {
    accountName: bookingsAccount
    principalId: administrators
    roles: [reader, tableDataContributor]
  }
}

module operatorsReadReferrals 'account-rights.bicep' = {
  name: 'operators-read-referrals'
  params: {
    accountName: referralsAccount
    principalId: operators
    roles: [reader, tableDataReader, queueDataContributor]
  }
}

module operatorsReadBookings 'account-rights.bicep' = {
  name: 'operators-read-bookings'
  params: {
    accountName: bookingsAccount
    principalId: operators
    roles: [reader, queueDataContributor]
  }
}

// A referral's state is written by hand where a person has to decide; a row of CollectTries is deleted to end the delay after
// wrong passphrases.
module operatorsWriteReferrals 'table-rights.bicep' = {
  name: 'operators-write-referrals'
  params: {
    accountName: referralsAccount
    principalId: operators
    principalType: 'Group'
    roleDefinitionId: rowWriter
    tables: ['Referrals']
  }
}

module operatorsEndDelay 'table-rights.bicep' = {
  name: 'operators-end-delay'
  params: {
    accountName: referralsAccount
    principalId: operators
    principalType: 'Group'
    roleDefinitionId: rowDeleter
    tables: ['CollectTries']
  }
}

resource operatorsWatch 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for role in [monitoringReader, logAnalyticsReader]: {
  name: guid(resourceGroup().id, operators, role)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    principalId: operators
    principalType: 'Group'
  }
}]
