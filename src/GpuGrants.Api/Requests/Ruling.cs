using GpuGrants.Api.Organizations;
using GpuGrants.Api.Pipeline;
using GpuGrants.Api.Quotas;
using GpuGrants.Requests;
using GpuGrants.Units;

namespace GpuGrants.Api.Requests;

/// <summary>
/// What the rules say to a draft: eligibility first, then the suitable offers, cheapest first. The first offer that all rules approve wins,
/// else the first that they refer to people, else the draft is denied with the reasons of the offer that could grant most.
/// </summary>
public sealed record Ruling
{
    public required QuotaVerdict Verdict { get; init; }

    /// <summary>The offer that serves it, or came closest; null when none was tried.</summary>
    public OfferEvaluation? Evaluation { get; init; }

    public required IReadOnlyList<DecisionReason> Reasons { get; init; }

    public required GpuTime MaxGrantable { get; init; }

    /// <summary>What rules know of the request, and so where it counts.</summary>
    public required QuotaMatch Quotas { get; init; }

    /// <summary>What was seen, to decide again.</summary>
    public required DecisionSnapshot Snapshot { get; init; }

    public DecisionExplanation Explanation =>
        new() { Reasons = Reasons, Internal = Evaluation is null ? null : QuotaReasons.ForOperators(Evaluation.Decision) };

    /// <summary>Wants the accounts and counters that a ruling reads.</summary>
    public static void Plan(BatchState batch, TreeChanges tree, ProgrammeConfig programme, Candidates candidates)
    {
        var counters = new QuotaBook(batch);
        tree.WantAccount(AccountIds.Of(AccountKind.Budget, LedgerUnit.Credit, programme.BudgetProgrammeId));
        foreach (var (match, quotas) in candidates.Offers)
        {
            tree.WantAccount(match.Offer.CapacityAccountId);
            foreach (var key in quotas.Keys)
                counters.Want(key);
        }

        foreach (var key in candidates.WithoutOffer.Keys)
            counters.Want(key);
    }

    public static Ruling Make(
        BatchState batch,
        TreeChanges tree,
        ProgrammeConfig programme,
        Organization organization,
        Candidates candidates,
        RequestDraft draft
    )
    {
        var counters = new QuotaBook(batch);
        var against = Eligibility
            .Check(Applicants.Of(organization), programme.Terms, draft.Duration, tree.At)
            .Select(reason => reason.ToDecision())
            .ToList();
        var suitable = against.Count > 0 ? [] : candidates.Offers;
        if (against.Count == 0 && suitable.Count == 0)
            against.Add(NoOffer);
        OfferEvaluation? best = null;
        foreach (var (match, matched) in suitable)
        {
            var evaluation = OfferEvaluation.Run(tree, counters, matched, match, draft, programme.BudgetProgrammeId);
            if (
                best is null
                || evaluation.Verdict < best.Verdict
                || (
                    evaluation.Verdict == QuotaVerdict.Deny
                    && best.Verdict == QuotaVerdict.Deny
                    && evaluation.MaxGrantable > best.MaxGrantable
                )
            )
                best = evaluation;
            if (best.Verdict == QuotaVerdict.Approve)
                break;
        }

        var quotas = best?.Quotas ?? candidates.WithoutOffer;
        var ask = best?.Ask ?? new QuotaAsk(draft.Time, Rate.FromMillicredits(0), draft.Gpus);
        return new Ruling
        {
            Verdict = best?.Verdict ?? QuotaVerdict.Deny,
            Evaluation = best,
            Reasons =
                best is null ? against
                : best.Verdict == QuotaVerdict.Approve ? []
                : [.. best.Reasons],
            MaxGrantable = best?.MaxGrantable ?? GpuTime.Zero,
            Quotas = quotas,
            Snapshot = DecisionSnapshot.Take(quotas, ask, counters, tree.At),
        };
    }

    private static DecisionReason NoOffer { get; } =
        new()
        {
            Code = "no-suitable-offer",
            Message =
                "No open offer of this programme has these GPUs, this memory, this region, this number of GPUs at once, and this "
                + "time. Accept other models or another region, or ask for fewer GPUs.",
            MessageKo =
                "이 프로그램에는 요청한 GPU, 메모리, 지역, 동시 GPU 수, 기간에 맞는 공개 오퍼가 없습니다. 다른 모델이나 지역을 허용하거나 GPU 수를 줄여 주세요.",
            Field = "gpuModels",
            Retryable = true,
        };
}
