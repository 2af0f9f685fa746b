// The alarms of infra/alarms.json, and who is emailed. An email names the alarm and its section in docs/operations.md: the queries give back
// moments alone, so that no line of the log, and no reference in one, is in it.

param suffix string
param location string
param tags object
param workspaceId string

@description('Who is emailed of what the service writes, and of its silence.')
param alarmEmails array

@description('Who is emailed of changes to rights and safeguards, and of keys and secrets that others use.')
param auditEmails array

@description('Client ids of the identities of both apps: whoever else uses the key or reads a secret is an alarm.')
param webClientId string
param workerClientId string

@description('Tests of the running service are scheduled: their silence is an alarm.')
param smokeTests bool = false

var alarms = loadJsonContent('../alarms.json')
var runbook = 'docs/operations.md of the project, section'

resource operators 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'alarms-${suffix}'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'support'
    emailReceivers: [for index in range(0, length(alarmEmails)): {
      name: 'email-${index}'
      emailAddress: alarmEmails[index]
      useCommonAlertSchema: true
    }]
  }
}

resource auditors 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'audit-${suffix}'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'audit'
    emailReceivers: [for index in range(0, length(auditEmails)): {
      name: 'email-${index}'
      emailAddress: auditEmails[index]
      useCommonAlertSchema: true
    }]
  }
}

// An alarm sounds once, and again only after its condition has not been met for a while.
resource rule 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [for alarm in alarms.log: {
  name: 'alarm-${alarm.name}-${suffix}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: alarm.title
    description: '${runbook} "${alarm.title}"'
    severity: alarm.severity
    enabled: smokeTests || alarm.name != 'smoke-test-silent'
    scopes: [workspaceId]
    evaluationFrequency: alarm.every
    windowSize: alarm.window
    autoMitigate: true
    // The table of the vault's audit is made when its first line comes.
    skipQueryValidation: alarm.audience == 'audit'
    criteria: {
      allOf: [
        {
          query: replace(replace(alarm.query, '{web}', webClientId), '{worker}', workerClientId)
          timeAggregation: 'Count'
          operator: alarm.operator
          threshold: alarm.threshold
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    actions: {
      actionGroups: [alarm.audience == 'audit' ? auditors.id : operators.id]
    }
  }
}]

// In the whole subscription: who has a role there has it here.
resource change 'Microsoft.Insights/activityLogAlerts@2020-10-01' = [for alarm in alarms.activity: {
  name: 'alarm-${alarm.name}-${suffix}'
  location: 'global'
  tags: tags
  properties: {
    description: '${runbook} "${alarm.title}"'
    enabled: true
    scopes: [alarm.scope == 'subscription' ? subscription().id : resourceGroup().id]
    condition: {
      allOf: [
        {
          field: 'category'
          equals: 'Administrative'
        }
        {
          field: 'status'
          equals: 'Succeeded'
        }
        {
          field: 'operationName'
          containsAny: alarm.operations
        }
      ]
    }
    actions: {
      actionGroups: [
        {
          actionGroupId: auditors.id
        }
      ]
    }
  }
}]
