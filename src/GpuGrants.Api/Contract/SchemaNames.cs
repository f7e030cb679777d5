namespace GpuGrants.Api.Contract;

/// <summary>What the contract calls a type: a word for people, without the suffixes of the source.</summary>
internal static class SchemaNames
{
    private static readonly Dictionary<string, string> Given = new(StringComparer.Ordinal)
    {
        ["AmendBody"] = "RequestAmendment",
        ["ApproveBody"] = "RequestApproval",
        ["ApproveIncreaseBody"] = "QuotaIncreaseApproval",
        ["CapacityBody"] = "OfferCapacity",
        ["CloseGrantBody"] = "GrantClosing",
        ["ConsentCodeBody"] = "ConsentCodeUse",
        ["ReadConsentBody"] = "ConsentCodeReading",
        ["DenyBody"] = "Denial",
        ["DraftBody"] = "QuotaPolicyDraft",
        ["EndGrantBody"] = "GrantEnding",
        ["FundBody"] = "Funding",
        ["Increase"] = "QuotaIncrease",
        ["IncreaseBody"] = "NewQuotaIncrease",
        ["IncreaseDecision"] = "QuotaIncreaseDecision",
        ["OfferRejectionBody"] = "OfferRejection",
        ["Override"] = "QuotaOverride",
        ["OverrideBody"] = "NewQuotaOverride",
        ["Policy"] = "QuotaPolicy",
        ["PolicyBody"] = "NewQuotaPolicy",
        ["PolicyCheck"] = "QuotaPolicyCheck",
        ["PolicyDiff"] = "QuotaPolicyDiff",
        ["PolicyProblem"] = "QuotaPolicyProblem",
        ["PolicyVersion"] = "QuotaPolicyVersion",
        ["ProblemDocument"] = "Problem",
        ["PublishBody"] = "QuotaPolicyPublication",
        ["Quote"] = "PinnedQuote",
        ["QuoteBody"] = "NewQuote",
        ["RateBody"] = "OfferRate",
        ["RedeliverBody"] = "Redelivery",
        ["Replay"] = "DecisionReplay",
        ["SimulateBody"] = "NewQuotaSimulation",
        ["ServingOffer"] = "Quote",
        ["Simulation"] = "QuotaSimulation",
        ["TrancheBody"] = "NewTranche",
        ["TrancheWithdrawalBody"] = "NewTrancheWithdrawal",
        ["TransferItemBody"] = "NewTransfer",
        ["TransfersBody"] = "NewTransfers",
        ["UsageBody"] = "NewUsageRecords",
        ["UsageCorrectionBody"] = "UsageCorrection",
        ["UsageItemBody"] = "NewUsageRecord",
        ["UsageVoidBody"] = "UsageVoiding",
        ["ValidateBody"] = "QuotaPolicyValidation",
        ["VerdictItemBody"] = "NewVerdict",
        ["VerdictsBody"] = "NewVerdicts",
        ["WriteOffBody"] = "WriteOff",
    };

    public static string Of(Type type)
    {
        if (type.IsGenericType)
            return string.Concat(type.GetGenericArguments().Select(Of)) + type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)];
        var name = type.Name.EndsWith("View", StringComparison.Ordinal) ? type.Name[..^4] : type.Name;
        if (Given.TryGetValue(name, out var given))
            return given;
        return IsBody(type) ? "New" + name[..^4] : name;
    }

    /// <summary>Whether it is what a caller sends: the service's types say so by their suffix.</summary>
    public static bool IsSent(Type type) => IsBody(type) || type.Name.EndsWith("Patch", StringComparison.Ordinal);

    private static bool IsBody(Type type) => type.Name.EndsWith("Body", StringComparison.Ordinal);
}
