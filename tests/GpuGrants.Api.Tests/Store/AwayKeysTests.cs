using System.Net;
using System.Security.Cryptography;
using GpuGrants.Api.Access;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Mail;
using GpuGrants.Api.Tests.World;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;

namespace GpuGrants.Api.Tests.Store;

/// <summary>
/// The keys lie in the database. While it is away, whoever reads what they protect learns nothing of it, and takes it neither for spoilt
/// nor for lost.
/// </summary>
public sealed class AwayKeysTests
{
    [Fact]
    public void A_cursor_is_not_called_foreign_while_its_key_cannot_be_read()
    {
        var cursor = new Cursor(new AwayKeys());
        // As for every read: read again for five seconds, then 503.
        Assert.Throws<CryptographicException>(() => cursor.Read("AAAA", "/v1/organizations"));
        Assert.Throws<CryptographicException>(() => cursor.ReadState("AAAA", "/v1/events"));
    }

    [Fact]
    public async Task The_key_of_people_is_not_called_lost_while_the_one_that_encrypts_it_cannot_be_read()
    {
        await using var world = await TestWorld.StartAsync();
        var key = new IdentityKey(world.Services.GetRequiredService<NpgsqlDataSource>(), new AwayKeys(), world.Clock);
        await Assert.ThrowsAsync<CryptographicException>(() => key.StartAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_mail_loses_no_try_while_its_key_cannot_be_read_and_goes_out_at_once_afterwards()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        const string Email = "mina@example.org";
        (await world.StartSignUpAsync(Email)).Expect(HttpStatusCode.Accepted);
        var outbox = new Outbox(new AwayKeys(), world.Services.GetRequiredService<IOptions<MailOptions>>());
        using (var sender = ActivatorUtilities.CreateInstance<MailSender>(world.Services, outbox))
            await Assert.ThrowsAsync<CryptographicException>(() => sender.SendDueAsync(CancellationToken.None));
        Assert.Equal(0, await world.ScalarAsync<int>("select attempts from mails"));
        Assert.NotEmpty(await world.ReadCodeAsync(Email));
    }

    /// <summary>As Data Protection fails while its ring cannot be read anew.</summary>
    private sealed class AwayKeys : IDataProtectionProvider, IDataProtector
    {
        public IDataProtector CreateProtector(string purpose) => this;

        public byte[] Protect(byte[] plaintext) => throw Failure();

        public byte[] Unprotect(byte[] protectedData) => throw Failure();

        private static CryptographicException Failure() => new("The key ring could not be read.", new NpgsqlException("away"));
    }
}
