namespace GpuGrants.Api.Ledger;

/// <summary>All transfers of a period that the caller asked for and may see.</summary>
public sealed record TransferExport
{
    public required DateTimeOffset From { get; init; }

    public required DateTimeOffset To { get; init; }

    /// <summary>The transfers, tree by tree in the order in which they happened.</summary>
    public required IAsyncEnumerable<ExportedTransfer> Data { get; init; }
}

/// <summary>A transfer as exports show it.</summary>
public sealed record ExportedTransfer
{
    public const string CsvHeader = "id,rootProgrammeId,sequence,createdAt,kind,unit,amount,amountUnits,debitAccountId,creditAccountId,reason,note,pendingId,expiresAt,chainId,correctsId,requestId,grantId,programmeId,actorId,clientId,onBehalfOf";

    public required Guid Id { get; init; }

    public required Guid RootProgrammeId { get; init; }

    /// <summary>Its number in the tree, without gaps and in commit order.</summary>
    public required long Sequence { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>posted, pending, post or void.</summary>
    public required string Kind { get; init; }

    public required string Unit { get; init; }

    /// <summary>Credits, or GPU-seconds.</summary>
    public required decimal Amount { get; init; }

    /// <summary>The amount exactly: 1/3,600,000 credit, or GPU-seconds.</summary>
    public required long AmountUnits { get; init; }

    public required Guid DebitAccountId { get; init; }

    public required Guid CreditAccountId { get; init; }

    public required string Reason { get; init; }

    public required string? Note { get; init; }

    /// <summary>The hold that a post or void ends.</summary>
    public required Guid? PendingId { get; init; }

    public required DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The first transfer of the chain that it belongs to: all of a chain, or nothing.</summary>
    public required Guid? ChainId { get; init; }

    public required Guid? CorrectsId { get; init; }

    public required Guid? RequestId { get; init; }

    public required Guid? GrantId { get; init; }

    public required Guid? ProgrammeId { get; init; }

    /// <summary>Who acted; null when the service did.</summary>
    public required Guid? ActorId { get; init; }

    public required string? ClientId { get; init; }

    /// <summary>For whom a partner acted.</summary>
    public required Guid? OnBehalfOf { get; init; }

    public static ExportedTransfer Of(TransferRow row) => new()
    {
        Id = row.Id,
        RootProgrammeId = row.RootProgrammeId,
        Sequence = row.Sequence,
        CreatedAt = row.CreatedAt,
        Kind = row.Kind,
        Unit = row.Unit,
        Amount = AccountView.Amount(row.Amount, row.Unit),
        AmountUnits = row.Amount,
        DebitAccountId = row.DebitAccountId,
        CreditAccountId = row.CreditAccountId,
        Reason = row.Reason,
        Note = row.Note,
        PendingId = row.PendingId,
        ExpiresAt = row.ExpiresAt,
        ChainId = row.ChainId,
        CorrectsId = row.CorrectsId,
        RequestId = row.RequestId,
        GrantId = row.GrantId,
        ProgrammeId = row.ProgrammeId,
        ActorId = row.ActorId,
        ClientId = row.ClientId,
        OnBehalfOf = row.OnBehalfOf,
    };

    /// <summary>A row of the table under <see cref="CsvHeader"/>.</summary>
    public string ToCsv() => FormattableString.Invariant(
        $"{Id},{RootProgrammeId},{Sequence},{Http.UtcMoments.Text(CreatedAt)},{Kind},{Http.Csv.Cell(Unit)},{Amount},{AmountUnits},{DebitAccountId},{CreditAccountId},{Http.Csv.Cell(Reason)},{Http.Csv.Cell(Note)},{PendingId},{(ExpiresAt is { } at ? Http.UtcMoments.Text(at) : "")},{ChainId},{CorrectsId},{RequestId},{GrantId},{ProgrammeId},{ActorId},{Http.Csv.Cell(ClientId)},{OnBehalfOf}");
}
