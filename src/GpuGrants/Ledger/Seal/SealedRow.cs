using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace GpuGrants.Ledger.Seal;

/// <summary>
/// The canonical bytes of a transfer, over which the seal is computed. docs/ledger-seal.md is the format's definition;
/// it never changes: a new format gets a new first byte.
/// </summary>
public static class SealedRow
{
    /// <summary>Bytes of a row's hash.</summary>
    public const int HashBytes = 32;

    private const byte Format = 1;
    private const byte Absent = 0;
    private const byte Present = 1;

    /// <summary>The SHA-256 of the transfer's canonical bytes.</summary>
    /// <param name="transfer">As recorded.</param>
    /// <param name="scratch">A buffer to reuse from row to row; what it held is lost.</param>
    /// <param name="hash">Receives <see cref="HashBytes"/> bytes.</param>
    public static void Hash(Transfer transfer, ArrayBufferWriter<byte> scratch, Span<byte> hash)
    {
        scratch.ResetWrittenCount();
        Write(transfer, scratch);
        SHA256.HashData(scratch.WrittenSpan, hash);
    }

    /// <summary>Appends the transfer's canonical bytes.</summary>
    public static void Write(Transfer transfer, IBufferWriter<byte> output)
    {
        output.Write([Format]);
        Write(output, transfer.RootProgrammeId);
        Write(output, transfer.Id);
        Write(output, transfer.Sequence);
        Write(output, transfer.Kind.Code());
        Write(output, transfer.DebitAccountId);
        Write(output, transfer.CreditAccountId);
        Write(output, transfer.Unit.Code);
        Write(output, transfer.Amount);
        Write(output, transfer.PendingId);
        Write(output, transfer.ExpiresAt);
        Write(output, transfer.ChainId);
        Write(output, transfer.CorrectsId);
        Write(output, transfer.Reason);
        Write(output, transfer.Note);
        Write(output, transfer.Context.RequestId);
        Write(output, transfer.Context.GrantId);
        Write(output, transfer.Context.ProgrammeId);
        Write(output, transfer.Context.ActorId);
        Write(output, transfer.Context.ClientId);
        Write(output, transfer.Context.OnBehalfOf);
        Write(output, LedgerTime.ToUnixMicroseconds(transfer.CreatedAt));
        Write(output, transfer.DebitAfter);
        Write(output, transfer.CreditAfter);
    }

    private static void Write(IBufferWriter<byte> output, Counters counters)
    {
        Write(output, counters.DebitsPending);
        Write(output, counters.DebitsPosted);
        Write(output, counters.CreditsPending);
        Write(output, counters.CreditsPosted);
        Write(output, counters.Version);
    }

    private static void Write(IBufferWriter<byte> output, long value)
    {
        BinaryPrimitives.WriteInt64BigEndian(output.GetSpan(sizeof(long)), value);
        output.Advance(sizeof(long));
    }

    private static void Write(IBufferWriter<byte> output, Guid value)
    {
        value.TryWriteBytes(output.GetSpan(16), bigEndian: true, out var written);
        output.Advance(written);
    }

    private static void Write(IBufferWriter<byte> output, Guid? value)
    {
        output.Write([value is null ? Absent : Present]);
        if (value is { } present)
            Write(output, present);
    }

    private static void Write(IBufferWriter<byte> output, DateTimeOffset? value)
    {
        output.Write([value is null ? Absent : Present]);
        if (value is { } present)
            Write(output, LedgerTime.ToUnixMicroseconds(present));
    }

    private static void Write(IBufferWriter<byte> output, string? value)
    {
        if (value is null)
        {
            output.Write([Absent]);
            return;
        }

        output.Write([Present]);
        var bytes = Encoding.UTF8.GetByteCount(value);
        BinaryPrimitives.WriteInt32BigEndian(output.GetSpan(sizeof(int)), bytes);
        output.Advance(sizeof(int));
        output.Advance(Encoding.UTF8.GetBytes(value, output.GetSpan(bytes)));
    }
}
