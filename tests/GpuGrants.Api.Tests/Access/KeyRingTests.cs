using System.Net;
using GpuGrants.Api.Access.Tokens;
using GpuGrants.Api.Tests.World;
using Microsoft.Extensions.DependencyInjection;

namespace GpuGrants.Api.Tests.Access;

/// <summary>The keys that protect cursors.</summary>
public sealed class KeyRingTests
{
    private const string Passphrase = "--Access:KeyPassphrase=correct horse battery staple";

    [Fact]
    public async Task A_cursor_goes_on_at_any_replica_also_at_one_that_starts_later()
    {
        await using var world = await TestWorld.StartAsync();
        await using var beside = await world.StartSecondAsync();
        var cursor = await CursorAsync(world);
        (await beside.Admin.Get($"/v1/organizations?limit=1&cursor={cursor}")).Expect(HttpStatusCode.OK);
        await using var later = await world.StartSecondAsync();
        (await later.Admin.Get($"/v1/organizations?limit=1&cursor={cursor}")).Expect(HttpStatusCode.OK);
        Assert.Equal(1, await world.ScalarAsync<long>("select count(*) from protection_keys"));
    }

    [Fact]
    public async Task The_cursor_of_a_key_that_is_gone_is_malformed()
    {
        await using var world = await TestWorld.StartAsync();
        var cursor = await CursorAsync(world);
        Assert.Equal(1, await world.ScalarAsync<long>("with gone as (delete from protection_keys returning 1) select count(*) from gone"));
        // The key by which people are known was encrypted by the same key: nobody starts without it by mistake.
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => world.StartSecondAsync());
        Assert.Contains("identity_keys", refused.Message, StringComparison.Ordinal);
        await world.ScalarAsync<long>("with gone as (delete from identity_keys returning 1) select count(*) from gone");
        await using var later = await world.StartSecondAsync();
        (await later.Admin.Get($"/v1/organizations?limit=1&cursor={cursor}")).ExpectProblem(
            HttpStatusCode.BadRequest,
            "malformed",
            "cursor"
        );
        (await later.Admin.Get("/v1/organizations?limit=1")).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task With_a_passphrase_the_stored_keys_are_encrypted_and_every_replica_that_has_it_reads_them()
    {
        await using var world = await TestWorld.StartAsync(Passphrase);
        var stored = await world.ScalarAsync<string>("select document from protection_keys");
        Assert.Contains("passphraseEncrypted", stored, StringComparison.Ordinal);
        Assert.DoesNotContain("masterKey", stored, StringComparison.Ordinal);
        Assert.Equal(0, await world.ScalarAsync<long>("select count(*) from signing_keys where private_key not like '%ENCRYPTED%'"));
        var cursor = await CursorAsync(world);
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, Passphrase.Split('=')[1] + "\n");
            await using var other = await world.StartSecondAsync($"--Access:KeyPassphraseFile={file}");
            (await other.Admin.Get($"/v1/organizations?limit=1&cursor={cursor}")).Expect(HttpStatusCode.OK);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Without_a_passphrase_the_service_warns_at_its_start_and_with_one_it_does_not()
    {
        using var without = new CapturedLogs();
        await using var open = await TestWorld.StartLoggedAsync(without);
        Assert.Single(without.Lines, Warns);
        using var with = new CapturedLogs();
        await using var closed = await TestWorld.StartLoggedAsync(with, Passphrase);
        Assert.DoesNotContain(with.Lines, Warns);

        static bool Warns(string line) =>
            line.StartsWith("Warning", StringComparison.Ordinal) && line.Contains("Set Access:KeyPassphrase", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_signing_key_that_nobody_can_read_ends_no_service_that_runs()
    {
        using var logs = new CapturedLogs();
        await using var world = await TestWorld.StartLoggedAsync(logs);
        await SpoilAsync(world);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!logs.Lines.Any(line => line.Contains("cannot be read with Access:KeyPassphrase.", StringComparison.Ordinal)))
        {
            patience.Token.ThrowIfCancellationRequested();
            world.Clock.Advance(TimeSpan.FromMinutes(5));
            await Task.Yield();
        }

        world.Admin.ForgetToken();
        (await world.Admin.Get("/v1/organizations")).Expect(HttpStatusCode.OK);
        world.Spoil();
    }

    [Fact]
    public async Task A_signing_key_that_nobody_can_read_keeps_no_other_from_its_turn()
    {
        await using var world = await TestWorld.StartAsync();
        await SpoilAsync(world);
        var ring = world.Services.GetRequiredService<SigningKeyRing>();
        await ring.RefreshAsync(CancellationToken.None);
        Assert.Equal(2, ring.Unreadable.Count);
        // This replica has read them before. So it signs on, and one more of each purpose is published, which signs a day later.
        var signing = ring.Credentials.First().Key.KeyId;
        Assert.Contains(signing, ring.Unreadable);
        Assert.Equal(
            2,
            await world.ScalarAsync<long>(
                "select count(*) from signing_keys where private_key <> 'spoilt' and active_from = $1",
                world.Now.AddDays(1)
            )
        );
        Assert.Equal(2, await world.ScalarAsync<long>("select count(*) from signing_keys where private_key = 'spoilt'"));
        // One that never read them makes a key that signs at once, which all can read.
        await using var later = await world.StartSecondAsync();
        (await later.Admin.Get("/v1/organizations")).Expect(HttpStatusCode.OK);
        await ring.RefreshAsync(CancellationToken.None);
        Assert.NotEqual(signing, ring.Credentials.First().Key.KeyId);
        (await world.Admin.Get("/v1/organizations")).Expect(HttpStatusCode.OK);
        world.Spoil();
    }

    [Fact]
    public async Task The_successor_of_a_key_that_is_only_remembered_is_public_for_a_day_before_it_signs()
    {
        await using var world = await TestWorld.StartAsync("--Access:SigningKeyDays=2");
        var ring = world.Services.GetRequiredService<SigningKeyRing>();
        world.Clock.Advance(TimeSpan.FromDays(2) - TimeSpan.FromHours(1));
        await ring.RefreshAsync(CancellationToken.None);
        world.Clock.Advance(TimeSpan.FromHours(1) + TimeSpan.FromMinutes(30));
        await ring.RefreshAsync(CancellationToken.None);
        var signing = ring.Credentials.First().Key.KeyId;
        await world.ScalarAsync<long>(
            "with spoilt as (update signing_keys set private_key = 'spoilt' where retired_from > $1 returning id) "
                + "select count(*) from spoilt",
            world.Now
        );
        await ring.RefreshAsync(CancellationToken.None);
        Assert.Equal(signing, ring.Credentials.First().Key.KeyId);
        Assert.Equal(
            2,
            await world.ScalarAsync<long>(
                "select count(*) from signing_keys where private_key <> 'spoilt' and active_from >= $1",
                world.Now.AddDays(1)
            )
        );
        world.Spoil();
    }

    [Fact]
    public async Task A_start_that_can_read_none_of_the_signing_keys_says_so_in_a_sentence_and_makes_none()
    {
        await using var world = await TestWorld.StartAsync();
        await SpoilAsync(world);
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => world.StartSecondAsync());
        Assert.StartsWith("The keys in signing_keys, which sign tokens, cannot be read", refused.Message, StringComparison.Ordinal);
        Assert.Contains("delete the rows", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, await world.ScalarAsync<long>("select count(*) from signing_keys where private_key <> 'spoilt'"));
        world.Spoil();
    }

    [Theory]
    [InlineData(null, "without a passphrase: set Access:KeyPassphrase or Access:KeyPassphraseFile to the one")]
    [InlineData("Access:KeyPassphrase", "with Access:KeyPassphrase: set it to the passphrase")]
    [InlineData("Access:KeyPassphraseFile", "with Access:KeyPassphraseFile: set it to the passphrase")]
    public async Task A_start_with_another_passphrase_says_which_keys_it_cannot_read_and_makes_none(string? setting, string said)
    {
        await using var world = await TestWorld.StartAsync(Passphrase);
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, "another");
            string[] settings = setting is null
                ? []
                : [$"--{setting}={(setting.EndsWith("File", StringComparison.Ordinal) ? file : "another")}"];
            var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => world.StartSecondAsync(settings));
            Assert.StartsWith("The keys in protection_keys, which protect", refused.Message, StringComparison.Ordinal);
            Assert.Contains($"cannot be read {said}", refused.Message, StringComparison.Ordinal);
            Assert.Equal(1, await world.ScalarAsync<long>("select count(*) from protection_keys"));
            Assert.Equal(2, await world.ScalarAsync<long>("select count(*) from signing_keys"));
        }
        finally
        {
            File.Delete(file);
        }

        world.Spoil();
    }

    private static Task<long> SpoilAsync(TestWorld world) =>
        world.ScalarAsync<long>("update signing_keys set private_key = 'spoilt'; select 1::bigint");

    private static async Task<string> CursorAsync(TestWorld world)
    {
        await world.Organization(name: "First");
        await world.Organization(name: "Second");
        return (await world.Admin.Get("/v1/organizations?limit=1")).Text_("nextCursor");
    }
}
