using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace GpuGrants.Api.Mail;

/// <summary>Takes mail into the transaction of what it tells.</summary>
public sealed class Outbox(IDataProtectionProvider protection, IOptions<MailOptions> options)
{
    private static readonly TimeSpan RetryFull = TimeSpan.FromMinutes(1);

    private readonly IDataProtector _protector = protection.CreateProtector("mail");

    /// <summary>Whether mail can be sent at all.</summary>
    public bool IsOpen => options.Value.IsSet;

    /// <summary>Encrypts a letter: ahead of its transaction, which it would only hold up.</summary>
    /// <returns>What <see cref="Put"/> takes.</returns>
    public byte[] Seal(Letter letter) => _protector.Protect(ApiJson.Write(letter));

    /// <exception cref="System.Security.Cryptography.CryptographicException">The bytes are not a sealed letter.</exception>
    /// <exception cref="ProblemException">What they sealed is no letter.</exception>
    public Letter Unseal(byte[] payload) => Http.Bodies.BodyExtensions.Parse<Letter>(_protector.Unprotect(payload));

    /// <summary>Has a sealed letter sent once the batch is committed.</summary>
    /// <param name="payload">The letter.</param>
    /// <param name="at">When it is sent first.</param>
    /// <param name="person">Whose address it goes to, where that is known.</param>
    public static void Put(BatchState batch, byte[] payload, DateTimeOffset at, Guid? person = null) =>
        batch
            .Rows<MailRow>()
            .Insert(
                new MailRow
                {
                    Id = Guid.CreateVersion7(at),
                    Payload = payload,
                    NextAttemptAt = at,
                    PersonId = person,
                    CreatedAt = at,
                }
            );

    /// <exception cref="ProblemException">Too many mails wait already.</exception>
    public async Task CheckRoomAsync(GpuGrantsContext db, CancellationToken cancellation)
    {
        var most = options.Value.MaxWaiting;
        if (
            await db.Set<MailRow>()
                .Where(row => row.Status == MailRow.Pending)
                .OrderBy(row => row.Kind != MailKinds.Code)
                .ThenBy(row => row.NextAttemptAt)
                .Take(most)
                .CountAsync(cancellation) < most
        )
            return;
        throw new ProblemException(
            Problem.Document(503, "mail-queue-full", "Too many mails wait to be sent. Send the call again in a minute."),
            RetryFull
        );
    }
}
