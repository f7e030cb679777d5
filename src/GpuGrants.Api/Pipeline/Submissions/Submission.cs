using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Pipeline.Submissions;

/// <summary>A command in the queue, with the caller who waits for what it comes to.</summary>
public abstract class Submission(Command command, IdempotencyKey? key)
{
    public Command Command { get; } = command;

    /// <summary>Null when the caller gave no idempotency key.</summary>
    public IdempotencyKey? Key { get; } = key;

    /// <summary>Decides the command and makes its answer at once, before another command changes the rows that the result names.</summary>
    internal abstract Reply Decide(BatchState batch);

    internal abstract Reply Repeat(KeptAnswer kept);

    /// <summary>In place of a decision for a caller who has to be judged again.</summary>
    internal abstract Reply JudgeAgain();

    internal abstract void Complete(Reply reply);

    internal abstract void Fail(Exception error);
}

/// <inheritdoc/>
/// <param name="command">What to decide.</param>
/// <param name="key">The caller's idempotency key.</param>
/// <param name="render">Makes the answer of the outcome, a pure function. Null for callers who want the outcome itself. When it gives null,
/// nothing is kept under the key.</param>
public sealed class Submission<TResult>(
    Command<TResult> command,
    IdempotencyKey? key = null,
    Func<Outcome<TResult>, Rendering?>? render = null
) : Submission(command, key)
{
    // Continuations run elsewhere: the worker must go on to its next batch, not serve the caller's response.
    private readonly TaskCompletionSource<Reply<TResult>> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<Reply<TResult>> Completion => _completion.Task;

    internal override Reply Decide(BatchState batch)
    {
        var outcome = command.Decide(batch);
        return new Reply<TResult> { Outcome = outcome, Rendering = render?.Invoke(outcome) };
    }

    internal override Reply Repeat(KeptAnswer kept) => new Reply<TResult> { Repeated = kept };

    internal override Reply JudgeAgain() => new Reply<TResult> { AuthorityChanged = true };

    internal override void Complete(Reply reply) => _completion.TrySetResult((Reply<TResult>)reply);

    internal override void Fail(Exception error) => _completion.TrySetException(error);
}

/// <summary>What the edge makes of an outcome. The pipeline hands it back and keeps it; it never looks inside.</summary>
public interface IAnswer
{
    /// <summary>Writes the answer as a repetition of the call gets it.</summary>
    void KeepIn(KeptAnswer row);
}

/// <summary>An outcome as its caller gets it.</summary>
/// <param name="Answer">For the caller who asked first.</param>
/// <param name="Kept">For repetitions with the same key, without what is shown only once; null when nothing is to be kept.</param>
public sealed record Rendering(IAnswer Answer, IAnswer? Kept);

/// <summary>What a submission came to.</summary>
public abstract record Reply
{
    /// <summary>The answer that was kept when the same key was used before; the command was not decided again.</summary>
    public KeptAnswer? Repeated { get; init; }

    /// <summary>Whether the caller has to be judged again; nothing was decided.</summary>
    public bool AuthorityChanged { get; init; }

    /// <summary>The answer that was made of the outcome, where the submission makes one.</summary>
    public Rendering? Rendering { get; init; }
}

/// <inheritdoc/>
public sealed record Reply<TResult> : Reply
{
    /// <summary>What was decided, unless <see cref="Reply.Repeated"/> stands for it.</summary>
    public Outcome<TResult> Outcome { get; init; }
}

/// <summary>
/// A client's key for one call, with the hash of what it was sent with. Keys of other clients and other endpoints are other keys.
/// </summary>
/// <param name="clientId">The API client.</param>
/// <param name="endpoint">Method and path.</param>
/// <param name="key">As the client chose it.</param>
/// <param name="requestHash">SHA-256 of query and body.</param>
public sealed class IdempotencyKey(string clientId, string endpoint, string key, ReadOnlyMemory<byte> requestHash)
{
    /// <summary>The longest key that is taken.</summary>
    public const int MaxLength = 255;

    public ReadOnlyMemory<byte> RequestHash { get; } = requestHash;

    /// <summary>The first 128 bits of the SHA-256 of client, endpoint and key; lengths separate the parts.</summary>
    public Guid Id { get; } =
        new(
            SHA256.HashData(Encoding.UTF8.GetBytes($"{clientId.Length}:{clientId}{endpoint.Length}:{endpoint}{key}")).AsSpan(0, 16),
            bigEndian: true
        );

    public bool SameRequest(ReadOnlySpan<byte> hash) => RequestHash.Span.SequenceEqual(hash);
}

/// <summary>
/// A row of <c>idempotency_keys</c>: what a repetition with the key gets. Either it names a decision, whose answer is rendered again, or it
/// holds the answer. It may be deleted at any time: then the key is new.
/// </summary>
public sealed class KeptAnswer
{
    public Guid Id { get; set; }

    public byte[] RequestHash { get; set; } = [];

    public Guid RootProgrammeId { get; set; }

    /// <summary>The name and version of the code that renders the answer again; null when the row holds the answer.</summary>
    public string? Renderer { get; set; }

    public Guid? DecisionId { get; set; }

    /// <summary>The answer's language.</summary>
    public string? Language { get; set; }

    /// <summary>What else shaped the answer, as its renderer writes it.</summary>
    public string? Shape { get; set; }

    public int? Status { get; set; }

    /// <summary>The answer's body in <see cref="BodyEncoding"/>.</summary>
    public byte[]? Body { get; set; }

    /// <summary><c>identity</c>, or <c>br</c> for Brotli (RFC 7932).</summary>
    public string? BodyEncoding { get; set; }

    public string? ContentType { get; set; }

    public string? Location { get; set; }

    public string? Etag { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    private const string Identity = "identity";
    private const string Brotli = "br";
    private const int WorthCompressing = 512;
    private const int FastestQuality = 1;
    private const int Window = 16;

    /// <summary>Takes the answer's body, compressed when that makes it smaller.</summary>
    public void TakeBody(ReadOnlySpan<byte> body)
    {
        BodyEncoding = Identity;
        if (body.Length >= WorthCompressing)
        {
            var compressed = new byte[body.Length];
            if (BrotliEncoder.TryCompress(body, compressed, out var written, FastestQuality, Window))
            {
                (Body, BodyEncoding) = (compressed[..written], Brotli);
                return;
            }
        }

        Body = body.ToArray();
    }

    /// <summary>The body as it was answered the first time.</summary>
    public byte[] ReadBody()
    {
        if (BodyEncoding != Brotli)
            return Body ?? [];
        using var input = new BrotliStream(new MemoryStream(Body!, writable: false), CompressionMode.Decompress);
        using var output = new MemoryStream();
        input.CopyTo(output);
        return output.ToArray();
    }
}

internal sealed class KeptAnswerTable : IEntityTypeConfiguration<KeptAnswer>
{
    public void Configure(EntityTypeBuilder<KeptAnswer> table)
    {
        table.ToTable("idempotency_keys").HasKey(row => row.Id);
        table.NeverUpdates();
    }
}
