using GpuGrants.Units;

namespace GpuGrants.Quotas.Wording;

/// <summary>What an applicant can do about one evaluation.</summary>
internal enum QuotaNextStep
{
    /// <summary>Nothing was asked: the evaluation only says where the subject stands.</summary>
    Informed,

    /// <summary>The request fits.</summary>
    Nothing,

    /// <summary>The rule is only observed.</summary>
    Observed,

    /// <summary>People decide.</summary>
    Wait,

    /// <summary>The window ends, and all of it is free again.</summary>
    AskAfterReset,

    /// <summary>A part becomes free.</summary>
    AskAsPartsFree,

    /// <summary>Something must end or be given back first.</summary>
    AskAfterRelease,

    /// <summary>The limit never allows it.</summary>
    AskForLessOrMoreLimit,

    /// <summary>The limit never allows it, and the organization's own owners set it.</summary>
    AskOwners,
}

/// <summary>Chooses the next step.</summary>
internal static class QuotaNextSteps
{
    public static QuotaNextStep Of(in QuotaEvaluation evaluation)
    {
        if (!evaluation.IsBreached)
            return evaluation.Requested == 0 ? QuotaNextStep.Informed : QuotaNextStep.Nothing;
        if (evaluation.Outcome == BreachOutcome.Shadow)
            return QuotaNextStep.Observed;
        if (evaluation.Outcome == BreachOutcome.Review)
            return QuotaNextStep.Wait;
        if (!evaluation.IsRetryable)
            return evaluation.Rule.Policy.IsOfOrganization ? QuotaNextStep.AskOwners : QuotaNextStep.AskForLessOrMoreLimit;
        if (evaluation.ResetsAt is null)
            return QuotaNextStep.AskAfterRelease;
        return evaluation.Rule.Rule.Window.FreesInParts ? QuotaNextStep.AskAsPartsFree : QuotaNextStep.AskAfterReset;
    }

    /// <summary>
    /// The most that this rule would let pass now, when asking for less is of any help: counts do not depend on how much is asked for.
    /// </summary>
    public static long? Offer(in QuotaEvaluation evaluation)
    {
        var measure = evaluation.Rule.Rule.Measure;
        if (!measure.GrowsWithTheAsk)
            return null;
        var most =
            measure.Unit == QuotaUnit.GpuHours ? GpuTime.FromSeconds(evaluation.Remaining).FloorToStep().Seconds : evaluation.Remaining;
        return most > 0 ? most : null;
    }
}
