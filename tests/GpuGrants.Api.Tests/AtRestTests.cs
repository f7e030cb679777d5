using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using GpuGrants.Api.Access.Principals;
using GpuGrants.Api.Store;
using GpuGrants.Api.Tests.World;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace GpuGrants.Api.Tests;

/// <summary>What keeps a service's data where it belongs, beside the service's own rules.</summary>
public sealed class AtRestTests
{
    [Fact]
    public async Task Two_roles_run_the_service_and_neither_is_a_superuser_nor_can_the_services_become_the_owner()
    {
        var mark = Guid.NewGuid().ToString("N");
        var (owner, service, name) = ($"owner_{mark}", $"service_{mark}", $"roles_{mark}");
        var server = await TestDatabase.CreateEmptyAsync();
        foreach (var statement in Statements(File.ReadAllText(Repository.File("docker", "roles.sql"))))
            await ExecuteAsync(
                server,
                statement
                    .Replace("gpugrants_owner", owner, StringComparison.Ordinal)
                    .Replace("gpugrants_service", service, StringComparison.Ordinal)
                    .Replace("database gpugrants ", $"database {name} ", StringComparison.Ordinal)
                    .Replace(":'owner_password'", "'one'", StringComparison.Ordinal)
                    .Replace(":'service_password'", "'two'", StringComparison.Ordinal)
            );
        await Migrator.MigrateAsync(As(server, name, owner, "one"), NullLogger.Instance);
        var connection = As(server, name, service, "two");
        await using var source = Database.Open(connection, new DatabaseOptions { MaxPoolSize = 2 }, 15);
        Assert.NotNull(await Bootstrap.CreateAdministratorAsync(source, TimeProvider.System));
        var superuser = new NpgsqlConnectionStringBuilder(server).Username;
        foreach (var sql in (string[])[$"set role {owner}", $"set role {superuser}", "create table mine (id int)", "delete from transfers"])
        foreach (var first in (string[])["", "reset role; "])
            Assert.Equal(
                PostgresErrorCodes.InsufficientPrivilege,
                (await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(source.ConnectionString, first + sql, "two"))).SqlState
            );
        Assert.Equal(0L, await CountAsync(server, $"select count(*) from pg_roles where rolsuper and rolname in ('{owner}', '{service}')"));
        NpgsqlConnection.ClearAllPools();
        await ExecuteAsync(server, $"drop database {name} with (force)");
    }

    [Fact]
    public async Task The_first_administrators_secret_is_in_a_file_that_nobody_else_reads_and_in_no_log()
    {
        var database = await TestDatabase.CreateAsync();
        var file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.json");
        try
        {
            var said = await ServeAsync(database, file);
            Assert.Contains("First administrator", said, StringComparison.Ordinal);
            var made = JsonNode.Parse(await File.ReadAllTextAsync(file))!;
            var secret = made["client_secret"]!.GetValue<string>();
            Assert.Contains(made["client_id"]!.GetValue<string>(), said, StringComparison.Ordinal);
            Assert.DoesNotContain(secret, said, StringComparison.Ordinal);
            if (!OperatingSystem.IsWindows())
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            // It starts again beside the file, and makes nobody.
            Assert.Contains("none was made", await ServeAsync(database, file), StringComparison.Ordinal);
            Assert.Contains(secret, await File.ReadAllTextAsync(file), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
            await TestDatabase.DropAsync(database);
        }
    }

    [Fact]
    public async Task Every_answer_tells_browsers_not_to_guess_frame_or_run_it()
    {
        await using var world = await TestWorld.StartAsync("--Access:PublicUrl=https://gpus.example/");
        foreach (var path in (string[])["/v1/programmes", "/v1/me", "/nowhere", "/health/live", "/problems/stale", "/docs/index.html"])
        {
            using var answer = await world.Http.GetAsync(path);
            Assert.Equal("nosniff", Header(answer, "X-Content-Type-Options"));
            Assert.Contains("frame-ancestors 'none'", Header(answer, "Content-Security-Policy"), StringComparison.Ordinal);
            Assert.Equal("max-age=31536000", Header(answer, "Strict-Transport-Security"));
        }

        await using var clear = await TestWorld.StartAsync();
        using var there = await clear.Http.GetAsync("/health/live");
        Assert.Equal(HttpStatusCode.OK, there.StatusCode);
        Assert.False(there.Headers.Contains("Strict-Transport-Security"));
    }

    [Fact]
    public void Containers_have_no_capabilities_no_new_privileges_a_read_only_file_system_and_secrets_from_outside()
    {
        var compose = File.ReadAllText(Repository.File("docker-compose.yml"));
        string[] names = ["postgres", "migrate", "service"];
        Assert.Equal(
            names,
            Regex
                .Matches(compose[..compose.IndexOf("\nvolumes:", StringComparison.Ordinal)], "(?m)^  ([a-z]+):$")
                .Select(one => one.Groups[1].Value)
        );
        foreach (var container in names.Select(name => Container(compose, name)))
        {
            Assert.Contains("\n    read_only: true\n", container, StringComparison.Ordinal);
            Assert.Contains("\n    cap_drop:\n      - ALL\n", container, StringComparison.Ordinal);
            Assert.Contains("\n    security_opt:\n      - no-new-privileges:true\n", container, StringComparison.Ordinal);
            Assert.DoesNotContain("privileged:", container, StringComparison.Ordinal);
            // Secrets come from outside: no password is written here.
            Assert.DoesNotMatch("(?i)(password|passphrase)[=:] ?[^$?\\s]", container);
        }

        Assert.DoesNotContain("cap_add", Container(compose, "service"), StringComparison.Ordinal);
        var migrate = Container(compose, "migrate");
        Assert.Contains("Username=gpugrants_owner;", migrate, StringComparison.Ordinal);

        var service = Container(compose, "service");
        Assert.Contains("Username=gpugrants_service;", service, StringComparison.Ordinal);
        Assert.Contains("Access__KeyPassphrase: ${KEY_PASSPHRASE:?", service, StringComparison.Ordinal);
        Assert.DoesNotContain("OWNER_PASSWORD", service, StringComparison.Ordinal);
        Assert.DoesNotContain("POSTGRES_PASSWORD", service, StringComparison.Ordinal);
        Assert.Contains("Database__MigrateAtStart: \"false\"", service, StringComparison.Ordinal);
        foreach (var ignores in (string[])[".gitignore", ".dockerignore"])
            Assert.Contains(".env", File.ReadAllLines(Repository.File(ignores)));
    }

    private static string Container(string compose, string name)
    {
        var from = compose.IndexOf($"\n  {name}:\n", StringComparison.Ordinal);
        var end = compose.IndexOf("\n\n", from + 1, StringComparison.Ordinal);
        return compose[from..end];
    }

    /// <summary>Serves until it says where its data is.</summary>
    private static async Task<string> ServeAsync(string database, string file)
    {
        string[] command = ["serve", "--bootstrap-admin", "--secret-file", file, "--urls", "http://127.0.0.1:0"];
        var info = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "GpuGrants.Api.dll"), .. command])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["Database__ConnectionString"] = database, ["Database__MigrateAtStart"] = "false" },
        };
        using var process = Process.Start(info)!;
        var said = "";
        while (await process.StandardOutput.ReadLineAsync() is { } line && !line.StartsWith("Data:", StringComparison.Ordinal))
            said += line + "\n";
        process.Kill();
        await process.WaitForExitAsync();
        return said + await process.StandardError.ReadToEndAsync();
    }

    private static IEnumerable<string> Statements(string sql) =>
        string.Join('\n', sql.Split('\n').Where(line => !line.StartsWith("--", StringComparison.Ordinal)))
            .Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            // It belongs to the whole cluster, which has it.
            .Where(statement => !statement.StartsWith("create role gpugrants_runtime", StringComparison.Ordinal));

    private static string As(string server, string database, string role, string password) =>
        new NpgsqlConnectionStringBuilder(server)
        {
            Database = database,
            Username = role,
            Password = password,
        }.ConnectionString;

    private static async Task ExecuteAsync(string server, string sql, string? password = null)
    {
        var settings = new NpgsqlConnectionStringBuilder(server) { Pooling = false };
        if (password is not null)
            settings.Password = password;
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<long> CountAsync(string server, string sql)
    {
        await using var connection = new NpgsqlConnection(server);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static string Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out var values) || answer.Content.Headers.TryGetValues(name, out values)
            ? values.Single()
            : throw new Xunit.Sdk.XunitException($"{answer.RequestMessage!.RequestUri} has no {name}.");
}
