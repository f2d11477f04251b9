export {
  readConfiguration,
  resolveUserPath,
  type Configuration,
  type Environment,
  type StoreAddresses,
} from './configuration.js';
export { DATA_FORMAT, dataFolderAt, isEmptyFolder, type DataFolder } from './data-folder.js';
export {
  openRuntime,
  openServers,
  type OpenServers,
  type Runtime,
  type RuntimeMode,
  type RuntimeOptions,
  type ServeOptions,
} from './open-runtime.js';
export { projectRoot } from './project-root.js';
export { exitStatusOf, stopSignal } from './stop-signal.js';
export { backupDataFolder } from './backup/backup.js';
export { verifyBackup, type BackupFile, type Manifest } from './backup/manifest.js';
export { restoreDataFolder } from './backup/restore.js';
export { exitStatus, failureLine } from './failure.js';
