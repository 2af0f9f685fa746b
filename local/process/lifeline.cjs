// Azurite stops in good order when its standard input closes: when its parent says so, or dies in any way.
const stop = () => {
  setTimeout(() => process.exit(1), 12000).unref();
  if (!process.emit("SIGTERM", "SIGTERM")) process.exit(0);
};
process.stdin.on("end", stop).on("error", stop).resume();
