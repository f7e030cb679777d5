using FluentValidation;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Trees;

namespace GpuGrants.Api.People;

/// <summary>How people state their age.</summary>
internal static class AgeRules
{
    private const int Earliest = 1900;
    private const int Latest = 2200;

    /// <summary>A year of birth, or none.</summary>
    public static IRuleBuilderOptions<T, int?> BirthYear<T>(this IRuleBuilder<T, int?> rule) =>
        rule.Between(Earliest, Latest).WithMessage($"State the year of birth, from {Earliest} to {Latest}, or leave it out.");

    /// <summary>True, or none; only without a year.</summary>
    public static IRuleBuilderOptions<T, bool?> OfAge<T>(this IRuleBuilder<T, bool?> rule, Func<T, int?> year) =>
        rule.Must((body, ofAge) => ofAge is null || (ofAge == true && year(body) is null))
            .WithMessage("State true without a year of birth, or leave it out.");

    /// <summary>Refuses a year that has not begun. It is asked when a year is stated, and when it is taken.</summary>
    public static Refusal? RefuseFuture(int? year, DateTimeOffset at) =>
        year > at.UtcDateTime.Year ? Refusal.Invalid("birthYear", "State a year that has begun.") : null;

    /// <summary>Takes what a person states. A stated age changes only to a younger one: nobody grows older by a call.</summary>
    /// <returns>Why it cannot be taken; null when it was, or nothing is stated.</returns>
    public static Refusal? State(BatchState batch, PersonRow row, int? year, bool? ofAge)
    {
        if ((year is null && ofAge is null) || (year, ofAge) == (row.BirthYear, row.OfAge))
            return null;
        var at = batch.Tree(TreeId.Platform).At;
        if (RefuseFuture(year, at) is { } unborn)
            return unborn;
        if (row.BirthYear is { } before && (ofAge == true || year < before))
            return Refusal.Conflict(
                "age-stated",
                "A stated age changes only to a younger one. If you are a minor, ask for a confirmation: POST /v1/me/confirmations."
            );
        (row.BirthYear, row.OfAge) = (year, ofAge);
        batch.Statement<StandingOfPeople>().Refresh(row.Id);
        return null;
    }
}
