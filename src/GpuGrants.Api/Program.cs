using GpuGrants.Api.Commands;
using GpuGrants.Api.Http.Idempotency;

var configuration = CommandLine.Configuration();
return await CommandLine.RunAsync(
    args,
    ServeVerb.Create(_ => MigratedDatabase.OpenAsync(configuration)),
    MigrateVerb.Create(_ => MigratedDatabase.OpenAsync(configuration, alwaysMigrate: true)),
    HealthVerb.Create()
);
