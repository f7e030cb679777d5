using GpuGrants.Api.Access;
using GpuGrants.Api.Pipeline.Commands;

namespace GpuGrants.Api.People;

/// <summary>
/// Makes the principals of people active or disabled, by the suspensions that are open when the batch is written. It also reaches those
/// that a person made a moment ago. Each of them gets another version, so whatever they have under way is judged again.
/// </summary>
internal sealed class StandingOfPeople()
    : PeopleTouched(
        """
        update principals p set version = p.version + 1, status = case
            when exists (select from suspensions s where s.person_id = p.person_id and s.lifted_at is null) then 'disabled' else 'active' end
        where p.person_id = any ($1)
        """
    )
{
    public override Type? Written => HasPeople ? typeof(Principal) : null;

    /// <summary>Asks for a person's principals to be looked at.</summary>
    public void Refresh(Guid person) => Touch(person);
}
