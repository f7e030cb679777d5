using System.Buffers;
using System.Security.Cryptography;

namespace GpuGrants.Tests.Ledger;

/// <summary>The example of docs/ledger-seal.md: what auditors compute in other languages never changes.</summary>
public class SealedRowTests
{
    private const string FirstRow =
        "010198c0de0000700080000000000000010198c0de0000700080000000000000040000000000000001010000000770656e64696e670198c0"
        + "de0000700080000000000000020198c0de00007000800000000000000301000000086770753a683130300000000000000e10000100064c1d"
        + "715dd000010198c0de000070008000000000000004000100000004686f6c64010000000aec849cec9ab820475055010198c0de0000700080"
        + "00000000000006010198c0de000070008000000000000007010198c0de000070008000000000000008010198c0de00007000800000000000"
        + "00090100000006706f7274616c010198c0de00007000800000000000000a00064c09538852400000000000000e1000000000000000000000"
        + "0000000000000000000000008ca00000000000000002000000000000000000000000000000000000000000000e1000000000000000000000"
        + "000000000001";
    private const string FirstHash = "7bec1b598cdb4f54777f158b8aaa4d8eb0ae041ca50c7e471ad54d36c46629b3";
    private const string SecondRow =
        "010198c0de0000700080000000000000010198c0de00007000800000000000000500000000000000020100000004706f73740198c0de0000"
        + "700080000000000000020198c0de00007000800000000000000301000000086770753a683130300000000000000708010198c0de00007000"
        + "800000000000000400010198c0de00007000800000000000000400010000000872657669657765640000000000000000064c095388524000"
        + "00000000000000000000000000070800000000000000000000000000008ca000000000000000030000000000000000000000000000000000"
        + "0000000000000000000000000007080000000000000002";
    private const string SecondHash = "efcb7c67bb5eb2576586d7cdde1b5176b5d13aa5f13168315c16371ce1cd67f1";
    private const string BlockHashOfBoth = "31f2faefd50111ce1c175fd50023320a6551b92a2993c56042fa59b6763f5a96";

    private static readonly DateTimeOffset At = Journal.Noon.AddMicroseconds(123_456);

    private static readonly Transfer First = new(
        Id(1),
        Id(4),
        1,
        TransferKind.Pending,
        Id(2),
        Id(3),
        LedgerUnit.Gpu("h100"),
        3_600,
        null,
        Journal.Noon.AddDays(1),
        Id(4),
        null,
        "hold",
        "서울 GPU",
        new TransferContext(Id(6), Id(7), Id(8), Id(9), "portal", Id(10)),
        At,
        new Counters(3_600, 0, 0, 36_000, 2),
        new Counters(0, 0, 3_600, 0, 1)
    );

    private static readonly Transfer Second = new(
        Id(1),
        Id(5),
        2,
        TransferKind.Post,
        Id(2),
        Id(3),
        LedgerUnit.Gpu("h100"),
        1_800,
        Id(4),
        null,
        Id(4),
        null,
        "reviewed",
        null,
        TransferContext.None,
        At,
        new Counters(0, 1_800, 0, 36_000, 3),
        new Counters(0, 0, 0, 1_800, 2)
    );

    [Fact]
    public void A_row_has_the_documented_bytes()
    {
        Assert.Equal(FirstRow, Convert.ToHexStringLower(Bytes(First)));
        Assert.Equal(SecondRow, Convert.ToHexStringLower(Bytes(Second)));
        Assert.Equal(FirstHash, Convert.ToHexStringLower(SHA256.HashData(Bytes(First))));
    }

    [Fact]
    public void A_block_has_the_documented_hash_and_digests()
    {
        var block = Evidence.Seal([First, Second], 2).Single();
        Assert.Equal(BlockHashOfBoth, Convert.ToHexStringLower(block.Hash.Span));
        Assert.Equal(FirstHash[..16] + SecondHash[..16], Convert.ToHexStringLower(block.RowDigests.Span));
    }

    [Fact]
    public void An_unfinished_block_leaves_nothing_in_the_next()
    {
        using var hash = new BlockHash();
        hash.Start(Id(1), 7, 7, BlockHash.Origin.Span);
        hash.Add(Second);
        hash.Start(Id(1), 1, 1, BlockHash.Origin.Span);
        hash.Add(First);
        hash.Add(Second);
        Assert.Equal(BlockHashOfBoth, Convert.ToHexStringLower(hash.Finish().Hash));
    }

    [Fact]
    public void The_documentation_has_this_example()
    {
        var page = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "docs", "ledger-seal.md"));
        Assert.All(
            [FirstRow, FirstHash, SecondRow, SecondHash, BlockHashOfBoth],
            text => Assert.Contains(text, page, StringComparison.Ordinal)
        );
    }

    [Fact]
    public void Every_field_is_under_the_seal()
    {
        Transfer[] changed =
        [
            First with
            {
                RootProgrammeId = Id(99),
            },
            First with
            {
                Id = Id(99),
            },
            First with
            {
                Sequence = 99,
            },
            First with
            {
                Kind = TransferKind.Posted,
            },
            First with
            {
                DebitAccountId = Id(99),
            },
            First with
            {
                CreditAccountId = Id(99),
            },
            First with
            {
                Unit = LedgerUnit.Credit,
            },
            First with
            {
                Amount = 99,
            },
            First with
            {
                PendingId = Id(99),
            },
            First with
            {
                ExpiresAt = null,
            },
            First with
            {
                ChainId = null,
            },
            First with
            {
                CorrectsId = Id(99),
            },
            First with
            {
                Reason = "award",
            },
            First with
            {
                Note = "",
            },
            First with
            {
                Note = null,
            },
            First with
            {
                CreatedAt = At.AddMicroseconds(1),
            },
            First with
            {
                Context = First.Context with { RequestId = null },
            },
            First with
            {
                Context = First.Context with { GrantId = null },
            },
            First with
            {
                Context = First.Context with { ProgrammeId = null },
            },
            First with
            {
                Context = First.Context with { ActorId = null },
            },
            First with
            {
                Context = First.Context with { ClientId = null },
            },
            First with
            {
                Context = First.Context with { OnBehalfOf = null },
            },
            First with
            {
                DebitAfter = First.DebitAfter with { Version = 99 },
            },
            First with
            {
                CreditAfter = First.CreditAfter with { CreditsPending = 99 },
            },
        ];
        Assert.Equal(changed.Length + 1, changed.Append(First).Select(one => Convert.ToHexString(Bytes(one))).Distinct().Count());
    }

    private static Guid Id(int number) => Guid.Parse($"0198c0de-0000-7000-8000-{number:x12}");

    private static byte[] Bytes(Transfer transfer)
    {
        var output = new ArrayBufferWriter<byte>();
        SealedRow.Write(transfer, output);
        return output.WrittenSpan.ToArray();
    }
}
