// Roles that Azure has no built-in equal of. Rows: the built-in roles give all of a table's data or none of it. Copies: the built-in
// role that writes blobs also deletes containers. Vault: those that unwrap with a key also wrap, and those that write a secret also read it.
// Apps: the built-in role that restarts one also changes its settings and its code, and so may read whatever the app may.

@description('Makes the names of the roles unique in the tenant.')
param suffix string

var group = resourceGroup().id
var tableData = 'Microsoft.Storage/storageAccounts/tableServices/tables/entities'

resource rowReader 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(group, 'row reader')
  properties: {
    roleName: 'Staff support row reader ${suffix}'
    description: 'Reads rows of a table.'
    type: 'CustomRole'
    assignableScopes: [group]
    permissions: [
      {
        actions: []
        dataActions: ['${tableData}/read']
      }
    ]
  }
}

resource rowInserter 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(group, 'row inserter')
  properties: {
    roleName: 'Staff support row inserter ${suffix}'
    description: 'Inserts rows into a table; reads, changes and deletes none.'
    type: 'CustomRole'
    assignableScopes: [group]
    permissions: [
      {
        actions: []
        dataActions: ['${tableData}/add/action']
      }
    ]
  }
}

resource rowWriter 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(group, 'row writer')
  properties: {
    roleName: 'Staff support row writer ${suffix}'
    description: 'Reads, inserts and changes rows of a table; deletes none.'
    type: 'CustomRole'
    assignableScopes: [group]
    permissions: [
      {
        actions: []
        dataActions: ['${tableData}/read', '${tableData}/add/action', '${tableData}/update/action']
      }
    ]
  }
}

resource rowKeeper 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(group, 'row keeper')
  properties: {
    roleName: 'Staff support row keeper ${suffix}'
    description: 'Reads, inserts, changes and deletes rows of a table.'
    type: 'CustomRole'
    assignableScopes: [group]
    permissions: [
      {
        actions: []
        dataActions: [
          '${tableData}/read'
          '${tableData}/add/action'
          '${tableData}/update/action'
          '${tableData}/delete'
        ]
      }
    ]
  }
}

resource rowDeleter 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(group, 'row deleter')
  properties: {
    roleName: 'Staff support row deleter ${suffix}'
    description: 'Reads and deletes rows of a table; inserts and changes none.'
    type: 'CustomRole'
    assignableScopes: [group]
    permissions: [
      {
        actions: []
        dataActions: ['${tableData}/read', '${tableData}/delete']
      }
    ]
  }
}

resource copyKeeper 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(group, 'copy keeper')
  properties: {
    roleName: 'Staff support copy keeper ${suffix}'
    description: 'Reads, writes and deletes the blobs of a container; deletes no version of one, and no container.'
    type: 'CustomRole'
    assignableScopes: [group]
    permissions: [
      {
        actions: []
        dataActions: [
          'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read'
          'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action'
          'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write'
          'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/delete'
        ]
      }
    ]
  }
}

resource keyUnwrapper 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(group, 'key unwrapper')
  properties: {
    roleName: 'Staff support key unwrapper ${suffix}'
    description: 'Reads the public half of a key and unwraps with it; nothing else.'
    type: 'CustomRole'
    assignableScopes: [group]
    permissions: [
      {
        actions: []
        dataActions: ['Microsoft.KeyVault/vaults/keys/read', 'Microsoft.KeyVault/vaults/keys/unwrap/action']
      }
    ]
  }
}

resource secretSetter 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(group, 'secret setter')
  properties: {
    roleName: 'Staff support secret setter ${suffix}'
    description: 'Lists the names of secrets, stores secrets and reads the public half of keys. Reads no secret.'
    type: 'CustomRole'
    assignableScopes: [group]
    permissions: [
      {
        actions: []
        dataActions: [
          'Microsoft.KeyVault/vaults/secrets/readMetadata/action'
          'Microsoft.KeyVault/vaults/secrets/setSecret/action'
          'Microsoft.KeyVault/vaults/keys/read'
        ]
      }
    ]
  }
}

resource appOperator 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(group, 'app operator')
  properties: {
    roleName: 'Staff support app operator ${suffix}'
    description: 'Restarts, stops and starts an app, reads and renews the keys of single functions, has secrets looked up. Changes no setting and no code, and reads no master key.'
    type: 'CustomRole'
    assignableScopes: [group]
    permissions: [
      {
        actions: [
          'Microsoft.Web/sites/restart/action'
          'Microsoft.Web/sites/start/action'
          'Microsoft.Web/sites/stop/action'
          'Microsoft.Web/sites/functions/listkeys/action'
          'Microsoft.Web/sites/functions/keys/write'
          // Looking secrets up again has no published name of its own. This also lists settings, which hold references and no secret.
          'Microsoft.Web/sites/config/*/action'
        ]
        dataActions: []
      }
    ]
  }
}

output appOperator string = appOperator.id
output rowReader string = rowReader.id
output rowInserter string = rowInserter.id
output rowWriter string = rowWriter.id
output rowKeeper string = rowKeeper.id
output rowDeleter string = rowDeleter.id
output copyKeeper string = copyKeeper.id
output keyUnwrapper string = keyUnwrapper.id
output secretSetter string = secretSetter.id
