namespace GpuGrants.Tests.Ledger;

/// <summary>All that an auditor is given, free to be tampered with.</summary>
internal sealed class Evidence
{
    public Evidence(Journal journal, params int[] blockSizes)
    {
        Transfers = [.. journal.Transfers];
        Accounts = [.. journal.Accounts];
        Holds = journal.OpenHolds();
        LastSequence = Transfers.Count;
        Blocks = Seal(Transfers, blockSizes);
    }

    public List<Transfer> Transfers { get; }

    public List<Account> Accounts { get; }

    public List<Hold> Holds { get; }

    public List<LedgerBlock> Blocks { get; }

    public long LastSequence { get; set; }

    public static List<LedgerBlock> Seal(IEnumerable<Transfer> transfers, params int[] sizes)
    {
        using var hash = new BlockHash();
        var blocks = new List<LedgerBlock>();
        var rest = transfers.ToList();
        ReadOnlyMemory<byte> previous = BlockHash.Origin;
        foreach (var size in sizes)
        {
            hash.Start(rest[0].RootProgrammeId, blocks.Count + 1, rest[0].Sequence, previous.Span);
            foreach (var transfer in rest[..size])
                hash.Add(transfer);
            var (made, digests) = hash.Finish();
            blocks.Add(
                new LedgerBlock(
                    rest[0].RootProgrammeId,
                    blocks.Count + 1,
                    rest[0].Sequence,
                    rest[size - 1].Sequence,
                    previous,
                    made,
                    digests
                )
            );
            (previous, rest) = (made, rest[size..]);
        }

        return blocks;
    }

    /// <summary>Replaces the transfer of this number.</summary>
    public void Change(int sequence, Func<Transfer, Transfer> change) => Transfers[sequence - 1] = change(Transfers[sequence - 1]);

    public AuditReport Audit()
    {
        using var audit = new LedgerAudit(Journal.Root, LastSequence, Accounts, Blocks);
        foreach (var transfer in Transfers)
            audit.Take(transfer);
        var corrected = audit.EndTransfers();
        return audit.Finish(Holds, [.. Transfers.Where(one => corrected.Contains(one.Id))]);
    }
}
