// Delivery reports of Azure Communication Services, to the function `delivery_report` of the worker. Run after the first deployment of the
// package, by the `postdeploy` hook of azure.yaml: Event Grid takes a function only once it exists.

param communicationServicesName string
param workerName string

resource communication 'Microsoft.Communication/communicationServices@2025-05-01' existing = {
  name: communicationServicesName
}

resource worker 'Microsoft.Web/sites@2024-11-01' existing = {
  name: workerName
}

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: 'evgt-${communicationServicesName}'
  location: 'global'
  properties: {
    source: communication.id
    topicType: 'Microsoft.Communication.CommunicationServices'
  }
}

resource reports 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: 'delivery-reports'
  properties: {
    eventDeliverySchema: 'EventGridSchema'
    filter: {
      includedEventTypes: ['Microsoft.Communication.EmailDeliveryReportReceived']
    }
    destination: {
      endpointType: 'AzureFunction'
      properties: {
        resourceId: '${worker.id}/functions/delivery_report'
        maxEventsPerBatch: 1
      }
    }
  }
}
