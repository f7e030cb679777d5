using System.CommandLine;
using GpuGrants.Api.Commands;
using GpuGrants.Tool;
using GpuGrants.Tool.Demo;
using GpuGrants.Tool.Events;
using GpuGrants.Tool.Postgres;
using GpuGrants.Tool.Replay;
using GpuGrants.Tool.Verify;

var configuration = CommandLine.Configuration();
var data = DataDirectory.Option();

var now = ShiftedClock.Option();

var serve = ServeVerb.Create(
    result => PrivateDatabase.OpenAsync(configuration, result.GetValue(data)),
    result => ShiftedClock.From(result.GetValue(now))
);
serve.Options.Add(now);
var migrate = MigrateVerb.Create(result => PrivateDatabase.OpenAsync(configuration, result.GetValue(data), alwaysMigrate: true));
var verify = VerifyVerb.Create(result => PrivateDatabase.OpenAsync(configuration, result.GetValue(data)));
foreach (var verb in (Command[])[serve, migrate, verify])
    verb.Options.Add(data);

return await CommandLine.RunAsync(args, serve, migrate, verify, DemoVerb.Create(configuration), ReplayVerb.Create(), EventsVerb.Create());
