using GpuGrants.Api.Commands;

var configuration = CommandLine.Configuration();
return await CommandLine.RunAsync(
    args,
    ServeVerb.Create(_ => MigratedDatabase.OpenAsync(configuration)),
    MigrateVerb.Create(_ => MigratedDatabase.OpenAsync(configuration, alwaysMigrate: true)),
    HealthVerb.Create()
);
