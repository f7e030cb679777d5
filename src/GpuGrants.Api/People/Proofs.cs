using System.Security.Cryptography;
using GpuGrants.Api.Access;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Submissions;
using GpuGrants.Api.Store;
using Microsoft.AspNetCore.DataProtection;

namespace GpuGrants.Api.People;

/// <summary>Makes proofs and reads what they are for.</summary>
public sealed partial class Proofs(IDataProtectionProvider protection, IdentityKey key, ILogger<Proofs> logger)
{
    private readonly IDataProtector _protector = protection.CreateProtector("address-proof");

    /// <summary>A new proof.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="purpose">What it is for.</param>
    /// <param name="identity">Whose address it is mailed to.</param>
    /// <param name="code">The code that is mailed.</param>
    /// <param name="details">What was asked for.</param>
    /// <param name="at">The present moment.</param>
    public AddressProof Make<TDetails>(Guid id, string purpose, string identity, string code, TDetails details, DateTimeOffset at) =>
        new()
        {
            Id = id,
            Purpose = purpose,
            Identity = identity,
            CodeHash = key.Of(id, code),
            Details = _protector.Protect(ApiJson.Write(details)),
            CreatedAt = at,
            ExpiresAt = at + AddressProof.Lifetime,
        };

    /// <summary>What was asked for.</summary>
    /// <returns>
    /// Null where nobody can tell any more: the proof was used, or the key that encrypted it is gone. Then a new code helps.
    /// </returns>
    public TDetails? Read<TDetails>(AddressProof proof)
        where TDetails : class
    {
        try
        {
            return proof.Details is { } details ? Http.Bodies.BodyExtensions.Parse<TDetails>(_protector.Unprotect(details)) : null;
        }
        catch (CryptographicException failure) when (!Transient.Is(failure))
        {
            LogUnreadable(proof.Id, failure);
            return null;
        }
    }

    /// <summary>The refusal of a right code whose proof nobody can read.</summary>
    internal static Refusal Unreadable() =>
        Refusal.Conflict("code-expired", "The service can no longer read what the code was for. Ask for a new code.", "code");

    /// <summary>Whether the code is the proof's.</summary>
    public bool Proves(AddressProof proof, string code) => Proves(proof.Id, proof.CodeHash, code);

    /// <summary>Whether the code is that of which a row keeps the hash.</summary>
    /// <param name="id">The row's id.</param>
    /// <param name="hash">The hash.</param>
    /// <param name="code">As it was typed.</param>
    public bool Proves(Guid id, byte[] hash, string code) => MailedCode.Matches(key.Of(id, MailedCode.Typed(code)), hash);

    /// <summary>The proof that the batch has read, if the code is right. A wrong code is counted.</summary>
    /// <param name="id">The proof's id.</param>
    /// <param name="purpose">What it has to be for.</param>
    /// <param name="code">As it was typed.</param>
    /// <param name="at">The present moment.</param>
    internal Outcome<AddressProof> Check(BatchState batch, Guid id, string purpose, string code, DateTimeOffset at)
    {
        var proof = batch.Rows<AddressProof>().Find(new RowKey(id));
        if (MailedCode.Refuse(proof, purpose, at) is { } over)
            return over;
        return Proves(proof!, code) ? proof! : MailedCode.CountWrong(batch, proof!, "code");
    }

    /// <summary>The code has done what it was for.</summary>
    public static void Use(BatchState batch, AddressProof proof, DateTimeOffset at)
    {
        (proof.UsedAt, proof.Details) = (at, null);
        batch.Rows<AddressProof>().Update(proof);
    }

    /// <summary>Answers a confirmation. A refusal is not kept under the idempotency key: the next code is another try.</summary>
    /// <param name="render">Makes the answer of a result. Pure.</param>
    /// <param name="repeat">The same for repetitions, where they get less.</param>
    internal static Func<Outcome<TResult>, Rendering?> Answering<TResult>(
        Func<TResult, Answer> render,
        Func<TResult, Answer>? repeat = null
    ) =>
        CommandExtensions.Answering<TResult>(
            result =>
            {
                var answer = render(result);
                return new Rendering(answer, repeat is null ? answer : repeat(result));
            },
            keepsRefusals: false
        );

    [LoggerMessage(LogLevel.Error, "What the proof {ProofId} is for cannot be read: the key that encrypted it is gone. A new code helps.")]
    private partial void LogUnreadable(Guid proofId, Exception failure);
}
